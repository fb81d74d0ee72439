package chattest

import (
	"context"
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

// Ticket implements chat.Accounts.
func (m *Memory) Ticket(ctx context.Context, hash string, now time.Time) (chat.Ticket, error) {
	if err := alive(ctx, "ticket"); err != nil {
		return chat.Ticket{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.ticket(hash, now)
}

// SaveTicket implements chat.Accounts.
func (m *Memory) SaveTicket(ctx context.Context, t chat.Ticket) error {
	if err := alive(ctx, "save ticket"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, isTaken := m.tickets[t.Hash]; isTaken {
		return chat.Errorf(chat.CodeConflict, "the ticket exists")
	}
	m.tickets[t.Hash] = t
	return nil
}

// UseTicket implements chat.Accounts.
func (m *Memory) UseTicket(ctx context.Context, hash string, now time.Time) (chat.Ticket, error) {
	if err := alive(ctx, "use ticket"); err != nil {
		return chat.Ticket{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	t, err := m.ticket(hash, now)
	if err != nil {
		return chat.Ticket{}, err
	}
	t.UsesLeft--
	m.tickets[hash] = t
	return t, nil
}

func (m *Memory) ticket(hash string, now time.Time) (chat.Ticket, error) {
	t, isKnown := m.tickets[hash]
	if !isKnown || t.UsesLeft < 1 || !t.ExpiresAt.After(now) {
		return chat.Ticket{}, chat.Errorf(chat.CodeNotFound, "no such ticket")
	}
	return t, nil
}
