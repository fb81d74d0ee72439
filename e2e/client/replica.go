package client

import (
	"math/rand/v2"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// replica is a client's copy of one room, with the entries that it wants to add.
type replica struct {
	id      chat.RoomID
	entries []chat.Entry
	fold    *chat.Fold
	cursor  chat.Cursor
	// own has the seqs of the client's own entries.
	own map[chat.EntryID]chat.Seq
	// early has the entries that came before the one that they follow.
	early map[chat.Seq]chat.Entry

	// isFollowed says that the client is a member and joins the room on each link.
	isFollowed bool
	// isCurrent says that the room was read to its head on the current link.
	isCurrent bool
	isReading bool
	isHoled   bool
	// leftAt is the entry by which the client left; 0 while it is a member.
	leftAt chat.Seq
	// moves counts how often the client has joined or left.
	moves int

	outbox    []*Outgoing
	isSending bool
}

// replica returns the copy of a room, a new one if need be.
func (c *Client) replica(room chat.RoomID) *replica {
	r := c.replicas[room]
	if r == nil {
		r = &replica{id: room}
		r.forget()
		c.replicas[room] = r
	}
	return r
}

// forget drops what the client holds of the room's log.
func (r *replica) forget() {
	r.entries, r.fold, r.cursor = nil, chat.NewFold(), chat.Cursor{}
	r.own, r.early = map[chat.EntryID]chat.Seq{}, map[chat.Seq]chat.Entry{}
}

// join sends join on every open link, and asks for all entries after the cursor.
// This client keeps whole logs, so it never wants a snapshot.
func (c *Client) join(r *replica) {
	for _, l := range []*link{c.current, c.next} {
		if l != nil {
			c.joinOn(l, r)
		}
	}
}

func (c *Client) joinOn(l *link, r *replica) {
	if !r.isFollowed || !c.isOpen(l) {
		return
	}
	if l == c.current {
		r.isCurrent = false
	}
	r.isReading, l.joining[r.id] = true, true
	cursor, moves := wire.Cursor(r.cursor), r.moves
	c.ask(l, func(ref string) wire.ClientFrame {
		in := wire.InRoom{Request: wire.Request{Ref: ref}, Room: r.id}
		return &wire.Join{InRoom: in, Cursor: &cursor, Whole: true}
	}, func(answer wire.ServerFrame) {
		if c.listed(r, moves, answer, func() { c.joinOn(l, r) }) {
			delete(l.joining, r.id)
			c.greeted(l)
		}
	})
}

// read asks for the entries after the cursor, for the next page or to fill a hole.
func (c *Client) read(r *replica) {
	if c.current == nil || !r.isFollowed || r.isReading {
		return
	}
	r.isReading = true
	moves := r.moves
	c.ask(c.current, func(ref string) wire.ClientFrame {
		in := wire.InRoom{Request: wire.Request{Ref: ref}, Room: r.id}
		return &wire.Entries{InRoom: in, Cursor: wire.Cursor(r.cursor)}
	}, func(answer wire.ServerFrame) { c.listed(r, moves, answer, func() { c.read(r) }) })
}

// listed handles the answer to join or entries; nil if the link ended without one.
// It returns false if there was none, or if the home was unavailable; in that case it
// calls again later. moves is r.moves at the time of asking: a client that has left
// and joined again since may be told that it is no member, which it was for a while.
func (c *Client) listed(r *replica, moves int, answer wire.ServerFrame, again func()) (isAnswer bool) {
	defer c.notify()
	r.isReading = false
	if len(r.early) > 0 {
		c.repairLater(r)
	}
	switch f := answer.(type) {
	case nil:
		return false
	case *wire.EntriesListed:
		for i := range f.Entries {
			c.take(r, entryOf(r.id, &f.Entries[i]))
		}
		if f.More {
			c.read(r)
			return true
		}
		r.isCurrent = true
		c.pump(r)
	case *wire.Error:
		switch {
		case f.Code == chat.CodeUnavailable:
			c.later(c.pause(errorOf(f)), again)
			return false
		case f.Code == chat.CodeStale: // a cursor.reset came before it
		case r.isFollowed && moves == r.moves && !r.isSendingA(chat.KindLeft):
			c.fault("room %s: reading it was refused: %s %s", r.id, f.Code, f.Message)
		}
	default:
		c.fault("room %s: reading it was answered with %s", r.id, answer.Type())
	}
	return true
}

// isSendingA reports whether an entry of the kind is being sent: it may already be
// durable.
func (r *replica) isSendingA(kind chat.Kind) bool {
	return r.isSending && r.outbox[0].Content.Kind == kind
}

// pushed handles an entry that the server pushed.
func (c *Client) pushed(f *wire.EntryAppended) {
	r := c.replica(f.Room)
	if r.leftAt > 0 && f.Entry.Seq > r.leftAt {
		if !r.isSendingA(chat.KindJoined) { // or the user may be a member again
			c.fault("room %s: entry %d reached one who had left at %d", r.id, f.Entry.Seq, r.leftAt)
		}
		return
	}
	c.take(r, entryOf(f.Room, &f.Entry))
	c.notify()
}

// How long the client waits for a missing entry before it asks.
const (
	holeWait   = 400 * time.Millisecond
	holeJitter = 200 * time.Millisecond
)

// take folds an entry if it is the next, keeps it if it is early, and compares it
// if it is known.
func (c *Client) take(r *replica, e chat.Entry) {
	switch {
	case e.Seq <= r.cursor.Seq:
		if known := r.entries[e.Seq-1]; known.Cursor() != e.Cursor() || !known.At.Equal(e.At) {
			c.fault("room %s: entry %d was %s at %s and is now %s at %s",
				r.id, e.Seq, known.Cursor(), known.At, e.Cursor(), e.At)
		}
	case e.Seq > r.cursor.Seq+1:
		r.early[e.Seq] = e
		c.repairLater(r)
	default:
		for isNext := true; isNext; e, isNext = r.early[r.cursor.Seq+1] {
			r.append(e, c.account.User)
		}
	}
}

func (r *replica) append(e chat.Entry, self chat.UserID) {
	delete(r.early, e.Seq)
	r.entries = append(r.entries, e)
	r.cursor = e.Cursor()
	r.fold.Apply(&e)
	if e.Author == self {
		r.own[e.ID] = e.Seq
	}
}

func (c *Client) repairLater(r *replica) {
	if r.isHoled {
		return
	}
	r.isHoled = true
	c.later(holeWait+rand.N(holeJitter), func() {
		r.isHoled = false
		if len(r.early) > 0 {
			c.read(r)
		}
	})
}

// reset drops the copy of a room whose log was replaced. Attempted entries of the
// outbox end with ErrUnknown.
func (c *Client) reset(r *replica) {
	r.forget()
	r.isCurrent = false
	c.counts.Resets++
	for len(r.outbox) > 0 && r.outbox[0].isAttempted {
		c.finish(r, r.outbox[0], nil, ErrUnknown)
	}
	c.join(r)
}
