package chattest

import (
	"context"
	"maps"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// User implements chat.Accounts.
func (m *Memory) User(ctx context.Context, id chat.UserID) (chat.User, error) {
	if err := alive(ctx, "user "+string(id)); err != nil {
		return chat.User{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.users[id], nil
}

// SaveUser implements chat.Accounts.
func (m *Memory) SaveUser(ctx context.Context, u chat.User) (chat.User, error) {
	if err := alive(ctx, "save user "+string(u.ID)); err != nil {
		return chat.User{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.users[u.ID].Version != u.Version {
		return chat.User{}, chat.Errorf(chat.CodeConflict, "the user has changed")
	}
	u.Version++
	m.users[u.ID] = u
	return u, nil
}

// ticket is a ticket and the names that took a use of it.
type ticket struct {
	chat.Ticket
	users map[string]bool
}

// Ticket implements chat.Accounts.
func (m *Memory) Ticket(ctx context.Context, hash string) (chat.Ticket, error) {
	if err := alive(ctx, "ticket"); err != nil {
		return chat.Ticket{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	t := m.tickets[hash]
	if t == nil {
		return chat.Ticket{}, errNoTicket
	}
	return t.Ticket, nil
}

var errNoTicket = chat.Errorf(chat.CodeNotFound, "no such ticket")

// SaveTicket implements chat.Accounts.
func (m *Memory) SaveTicket(ctx context.Context, t chat.Ticket, now time.Time) error {
	if err := alive(ctx, "save ticket"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.tickets, func(_ string, old *ticket) bool {
		return old.ExpiresAt.Before(now.Add(-chat.TicketGrace))
	})
	stored := m.tickets[t.Hash]
	if stored == nil {
		stored = &ticket{users: map[string]bool{}}
	}
	if stored.Version != t.Version {
		return chat.Errorf(chat.CodeConflict, "the ticket has changed")
	}
	t.Version++
	stored.Ticket = t
	m.tickets[t.Hash] = stored
	return nil
}

// UseTicket implements chat.Accounts.
func (m *Memory) UseTicket(ctx context.Context, hash, by string, now time.Time) (chat.Ticket, error) {
	if err := alive(ctx, "use ticket"); err != nil {
		return chat.Ticket{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.tickets[hash]
	switch {
	case t == nil, !t.ExpiresAt.After(now), t.UsesLeft < 1 && !t.users[by]:
		return chat.Ticket{}, errNoTicket
	case t.users[by]:
		return t.Ticket, nil
	}
	t.users[by] = true
	t.UsesLeft--
	t.Version++
	return t.Ticket, nil
}
