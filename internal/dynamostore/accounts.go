package dynamostore

import (
	"context"
	"errors"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// User is chat.Accounts's.
func (s *Store) User(ctx context.Context, id chat.UserID) (chat.User, error) {
	items, err := s.table.get(ctx, accountKey(id))
	if err != nil {
		return chat.User{}, chat.Wrap(err, chat.CodeUnavailable, "user "+string(id))
	}
	return userOf(items[0]), nil
}

// SaveUser is chat.Accounts's.
func (s *Store) SaveUser(ctx context.Context, u chat.User) (chat.User, error) {
	read := u.Version
	u.Version++
	return u, chat.Wrap(s.save(ctx, userItem(&u), read), chat.CodeUnavailable, "save user "+string(u.ID))
}

// Ticket is chat.Accounts's.
func (s *Store) Ticket(ctx context.Context, hash string) (chat.Ticket, error) {
	items, err := s.table.get(ctx, ticketKey(hash))
	switch {
	case err != nil:
		return chat.Ticket{}, chat.Wrap(err, chat.CodeUnavailable, "ticket")
	case items[0] == nil:
		return chat.Ticket{}, noTicket()
	}
	return ticketOf(hash, items[0]), nil
}

func noTicket() error { return chat.Errorf(chat.CodeNotFound, "no such ticket, or it has run out") }

// SaveTicket is chat.Accounts's. DynamoDB removes the ticket and its uses after
// chat.TicketGrace.
func (s *Store) SaveTicket(ctx context.Context, t chat.Ticket, _ time.Time) error {
	read := t.Version
	t.Version++
	return chat.Wrap(s.save(ctx, ticketItem(&t), read), chat.CodeUnavailable, "save a ticket")
}

// save puts a versioned item over the version that was read; CodeConflict when
// another stands there.
func (s *Store) save(ctx context.Context, it item, read int64) error {
	token := int64(s.random() * maxToken)
	it[attrWalk] = number(token)
	stands, isMade, err := s.change(ctx, change{put: it, only: ofVersion(read)})
	// An attempt that seemed to fail may have succeeded.
	isOwn := stands.number(attrVersion) == read+1 && stands.number(attrWalk) == token
	if err != nil || isMade || isOwn {
		return err
	}
	return chat.Errorf(chat.CodeConflict, "it has changed meanwhile")
}

// change makes one change outside a transaction, and repeats it while it is
// undecided: the change must be safe to repeat, or recognizable in stands.
func (s *Store) change(ctx context.Context, c change) (stands item, isMade bool, err error) {
	isUndecided := func(err error) bool { return errors.Is(err, errUndecided) }
	err = s.persist(ctx, isUndecided, func(ctx context.Context) (err error) {
		stands, isMade, err = s.table.apply(ctx, c)
		return err
	})
	return stands, isMade, err
}

// UseTicket is chat.Accounts's. The use is an item of its own, written in one
// transaction with the ticket, so that a use that was undecided is found again.
func (s *Store) UseTicket(ctx context.Context, hash, by string, now time.Time) (chat.Ticket, error) {
	ctx, done := within(ctx)
	defer done()
	for attempt := 1; ; attempt++ {
		items, err := s.table.get(ctx, useKey(hash, by), ticketKey(hash))
		if err != nil {
			return chat.Ticket{}, chat.Wrap(err, chat.CodeUnavailable, "ticket")
		}
		use, t := items[0], ticketOf(hash, items[1])
		switch {
		case t.Version == 0 || !t.ExpiresAt.After(now):
			return chat.Ticket{}, noTicket()
		case use != nil:
			return s.Ticket(ctx, hash) // the batch may have shown it as it was before the use
		case t.UsesLeft < 1:
			return s.lastUse(ctx, t, by)
		}
		t, isUsed, err := s.takeUse(ctx, t, by)
		if err != nil || isUsed {
			return t, chat.Wrap(err, chat.CodeInternal, "use a ticket")
		}
		if err := s.wait(ctx, attempt, errUnmet); err != nil {
			return chat.Ticket{}, chat.Wrap(err, chat.CodeUnavailable, "use a ticket")
		}
	}
}

// lastUse returns a used-up ticket if the name has a use of it. A batch reads item
// by item: it may have shown a late use in the ticket and not yet as an item.
func (s *Store) lastUse(ctx context.Context, t chat.Ticket, by string) (chat.Ticket, error) {
	use, err := s.table.get(ctx, useKey(t.Hash, by))
	if err != nil {
		return chat.Ticket{}, chat.Wrap(err, chat.CodeUnavailable, "ticket")
	}
	if use[0] == nil {
		return chat.Ticket{}, noTicket()
	}
	return t, nil
}

// takeUse takes one use of the ticket as it was read; isUsed is false when it
// has changed since or the outcome is not known.
func (s *Store) takeUse(ctx context.Context, t chat.Ticket, by string) (_ chat.Ticket, isUsed bool, err error) {
	read := t.Version
	t.Version, t.UsesLeft = read+1, t.UsesLeft-1
	it := ticketItem(&t)
	use := newItem(useKey(t.Hash, by))
	use[attrExpires] = it[attrExpires]
	taken, err := s.table.commit(ctx, use, []change{{put: it, only: ofVersion(read)}})
	if errors.Is(err, errUnmet) || errors.Is(err, errUndecided) {
		return t, false, nil
	}
	return t, taken == nil, err
}
