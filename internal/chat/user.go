package chat

import "time"

// User is a person, or a program that speaks. A user's id never changes.
type User struct {
	ID        UserID
	Name      string
	CreatedAt time.Time
	// IsUnverified marks users of the classic API: anybody may claim to be them.
	IsUnverified bool
	// IsOperator lets the user ban others from the whole of Maru.
	IsOperator bool
	// BannedAt is zero for users in good standing.
	BannedAt time.Time
	// Version counts saves from 1; 0 is of a user who was never saved.
	Version int64
}

// IsBanned reports whether the user lost every right.
func (u *User) IsBanned() bool { return !u.BannedAt.IsZero() }

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
	Room      RoomID
	Role      Role
	ExpiresAt time.Time
	// UsesLeft counts down; a ticket with none left is as good as absent.
	UsesLeft int
}
