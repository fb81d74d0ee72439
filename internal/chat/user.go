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
	// Version counts saves from 1. A user who was never saved has 0.
	Version int64
}

// IsBanned reports whether an operator has banned the user.
func (u *User) IsBanned() bool { return !u.BannedAt.IsZero() }
