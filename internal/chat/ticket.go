package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// TicketKind says what a ticket is good for.
type TicketKind string

// The kinds of tickets.
const (
	TicketLink     TicketKind = "link"     // brings User to a second device, once
	TicketInvite   TicketKind = "invite"   // lets whoever holds it into Room
	TicketOperator TicketKind = "operator" // makes its holder an operator, once
)

// Ticket is a secret that grants one thing for a while. Stores keep the hash
// of the secret, never the secret.
type Ticket struct {
	// Hash is the hex SHA-256 of the secret that the holder shows.
	Hash string
	Kind TicketKind
	// User made an invite, or is whom a link brings over.
	User UserID
	// Room and Role are what an invite grants.
	Room RoomID
	Role Role
	// ExpiresAt is when the ticket ends; a revoked one ended when it was revoked.
	ExpiresAt time.Time
	// UsesLeft counts down to 0.
	UsesLeft int
	// Version counts saves and uses from 1; 0 is of a ticket never saved.
	Version int64
}

// TicketGrace is how long stores keep a ticket after it has expired, at least:
// somebody whom it let in may not have heard of it yet.
const TicketGrace = 24 * time.Hour

// Lifetimes of tickets.
const (
	linkTTL     = 10 * time.Minute
	operatorTTL = 7 * 24 * time.Hour
	maxInvite   = 90 * 24 * time.Hour // of an invite, at most
)

// hasExpired reports whether the ticket grants nothing any more at now.
func (t *Ticket) hasExpired(now time.Time) bool { return !t.ExpiresAt.After(now) }

// HashTicket returns what stores keep of a ticket's secret.
func HashTicket(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// issue stores a ticket and returns its secret, which nothing keeps.
func (s *Service) issue(ctx context.Context, t Ticket) (secret string, err error) {
	secret = s.NewID() + s.NewID()
	t.Hash = HashTicket(secret)
	return secret, Wrap(s.ports.Accounts.SaveTicket(ctx, t, s.now()), CodeUnavailable, "save a ticket")
}

var errNoTicket = Errorf(CodeNotFound, "this code or link is not valid, or no longer")

// ticket reads a ticket of the kind, used up and expired ones too.
func (s *Service) ticket(ctx context.Context, kind TicketKind, secret string) (Ticket, error) {
	t, err := s.ports.Accounts.Ticket(ctx, HashTicket(secret))
	if CodeOf(err) == CodeNotFound || err == nil && t.Kind != kind {
		return Ticket{}, errNoTicket
	}
	return t, Wrap(err, CodeUnavailable, "ticket")
}

// use takes one use of a ticket of the kind in the name of by, who takes no
// second one: what failed after a use was taken can be done again.
func (s *Service) use(ctx context.Context, kind TicketKind, secret, by string) (Ticket, error) {
	t, err := s.ticket(ctx, kind, secret)
	if err != nil {
		return Ticket{}, err
	}
	t, err = s.ports.Accounts.UseTicket(ctx, t.Hash, by, s.now())
	if CodeOf(err) == CodeNotFound {
		return Ticket{}, errNoTicket
	}
	return t, Wrap(err, CodeUnavailable, "use a ticket")
}
