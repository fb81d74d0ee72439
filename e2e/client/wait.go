package client

import (
	"context"
	"fmt"
	"slices"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Follow listens to a room that the user is a member of.
func (c *Client) Follow(room chat.RoomID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.replica(room)
	r.isFollowed = true
	c.join(r)
}

// Look calls f with the current fold of a room; f must not keep it.
func (c *Client) Look(room chat.RoomID, f func(*chat.Fold)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c.replica(room).fold)
}

// Entries returns a copy of the entries that the client holds of a room.
func (c *Client) Entries(room chat.RoomID) []chat.Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.replica(room).entries)
}

// notify wakes those who wait for a change.
func (c *Client) notify() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// wait returns once the condition holds. It calls holds with mu held.
func (c *Client) wait(ctx context.Context, holds func() bool) error {
	for {
		c.mu.Lock()
		isSo, changed := holds(), c.changed
		c.mu.Unlock()
		if isSo {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Current waits until every room that is followed has been read on the current
// connection.
func (c *Client) Current(ctx context.Context) error {
	return c.wait(ctx, func() bool {
		for _, r := range c.replicas {
			if r.isFollowed && !r.isCurrent {
				return false
			}
		}
		return c.current != nil
	})
}

// Reach waits until the client holds the room up to seq. It sends nothing: the
// entries come by pushes, or by what the client does anyway.
func (c *Client) Reach(ctx context.Context, room chat.RoomID, seq chat.Seq) error {
	if err := c.wait(ctx, func() bool { return c.replica(room).cursor.Seq >= seq }); err != nil {
		return fmt.Errorf("%s waits for entry %d of %s: %w", c.account.Name, seq, room, err)
	}
	return nil
}

// CatchUp waits until the outboxes are empty, all rooms have been read, and a
// heartbeat says that no room has more than the client holds.
func (c *Client) CatchUp(ctx context.Context) error {
	for {
		if err := c.wait(ctx, c.isQuiet); err != nil {
			return fmt.Errorf("%s: %w", c.account.Name, err)
		}
		isLevel, err := c.heartbeat(ctx)
		if err != nil {
			return fmt.Errorf("%s: heartbeat: %w", c.account.Name, err)
		}
		if isLevel {
			return nil
		}
	}
}

func (c *Client) isQuiet() bool {
	for _, r := range c.replicas {
		if len(r.outbox) > 0 || r.isFollowed && (!r.isCurrent || len(r.early) > 0) {
			return false
		}
	}
	return c.current != nil
}

// heartbeat asks which rooms have more entries, and reads those. It reports whether
// there were none.
func (c *Client) heartbeat(ctx context.Context) (isLevel bool, err error) {
	answered := make(chan wire.ServerFrame, 1)
	c.mu.Lock()
	c.beat(func(answer wire.ServerFrame) { answered <- answer })
	c.mu.Unlock()
	select {
	case answer := <-answered:
		heads, isHeads := answer.(*wire.HeadsListed)
		return isHeads && len(heads.Heads) == 0, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// beat sends a heartbeat with the cursors of all rooms.
func (c *Client) beat(answered func(wire.ServerFrame)) {
	if c.current == nil {
		answered(nil)
		return
	}
	cursors := map[chat.RoomID]wire.Cursor{}
	for _, r := range c.replicas {
		if r.isFollowed {
			cursors[r.id] = wire.Cursor(r.cursor)
		}
	}
	c.ask(
		c.current, func(ref string) wire.ClientFrame {
			return &wire.Heartbeat{Request: wire.Request{Ref: ref}, Cursors: cursors}
		},
		func(answer wire.ServerFrame) {
			c.behind(answer)
			answered(answer)
		},
	)
}

// beatLater sends a heartbeat after the options' interval, and so on.
func (c *Client) beatLater() {
	c.later(c.options.Heartbeat, func() {
		c.beat(func(wire.ServerFrame) {})
		c.beatLater()
	})
}

// behind reads the rooms that a heartbeat's answer names.
func (c *Client) behind(answer wire.ServerFrame) {
	heads, isHeads := answer.(*wire.HeadsListed)
	if !isHeads {
		return
	}
	for _, head := range heads.Heads {
		r := c.replica(head.Room)
		r.isCurrent = false
		c.read(r)
	}
}

// Follows reports whether the client is, as far as it knows, a member of a room.
func (c *Client) Follows(room chat.RoomID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.replica(room).isFollowed
}
