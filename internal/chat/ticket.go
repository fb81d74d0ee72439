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
	TicketLink     TicketKind = "link"     // signs User in on a second device, once
	TicketInvite   TicketKind = "invite"   // lets whoever holds it into Room
	TicketOperator TicketKind = "operator" // makes its holder an operator, once
)

// Ticket is a secret that grants one thing for a while. Stores keep the hash
// of the secret, never the secret.
type Ticket struct {
	// Hash is the hex SHA-256 of the secret that the holder shows.
	Hash string
	Kind TicketKind
	// User made the invite, or is signed in by the link.
	User UserID
	// Room and Role are what an invite grants.
	Room RoomID
	Role Role
	// ExpiresAt is when the ticket ends: for a revoked one, when it was revoked.
	ExpiresAt time.Time
	// UsesLeft counts down to 0.
	UsesLeft int
	// Version counts saves and uses from 1. A ticket that was never saved has 0.
	Version int64
}

// TicketGrace is how long stores keep an expired ticket at least: a user whom it
// let in may not have had the answer yet, and ask again.
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

// issue stores a ticket and returns its secret, which is kept nowhere.
func (s *Service) issue(ctx context.Context, t Ticket) (secret string, err error) {
	secret = s.NewID() + s.NewID()
	t.Hash = HashTicket(secret)
	return secret, Wrap(s.ports.Accounts.SaveTicket(ctx, t, s.now()), CodeUnavailable, "save a ticket")
}

var errNoTicket = Errorf(CodeNotFound, "this code or link is not valid, or no longer")

// ticket returns a ticket of the kind, even if it is used up or expired.
func (s *Service) ticket(ctx context.Context, kind TicketKind, secret string) (Ticket, error) {
	t, err := s.ports.Accounts.Ticket(ctx, HashTicket(secret))
	if CodeOf(err) == CodeNotFound || err == nil && t.Kind != kind {
		return Ticket{}, errNoTicket
	}
	return t, Wrap(err, CodeUnavailable, "ticket")
}

// use takes one use of a ticket of the kind in the name of by. The same name takes
// no second one, so a caller can repeat what failed after the use was taken.
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
