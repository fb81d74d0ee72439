package client

import (
	"math/rand/v2"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// replica is a client's copy of one room, with what it wants to add to it.
type replica struct {
	id      chat.RoomID
	entries []chat.Entry
	fold    *chat.Fold
	cursor  chat.Cursor
	// own finds the client's own entries by their ids.
	own map[chat.EntryID]chat.Seq
	// early are entries that were pushed before the one that they follow.
	early map[chat.Seq]chat.Entry

	// isFollowed says that the client is a member and wants to know.
	isFollowed bool
	// isCurrent says that, on this connection, the room was read to its head.
	isCurrent bool
	isReading bool
	isHoled   bool
	// leftAt is the entry by which the client left; 0 while it is a member.
	leftAt chat.Seq

	outbox    []*Outgoing
	isSending bool
}

// replica finds or makes the copy of a room.
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

// join listens to the room on every open link and asks for all that follows the
// cursor. This client keeps whole logs, so it never takes a snapshot.
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
	cursor := wire.Cursor(r.cursor)
	c.ask(l, func(ref string) wire.ClientFrame {
		in := wire.InRoom{Request: wire.Request{Ref: ref}, Room: r.id}
		return &wire.Join{InRoom: in, Cursor: &cursor, Whole: true}
	}, func(answer wire.ServerFrame) {
		if c.listed(r, answer, func() { c.joinOn(l, r) }) {
			delete(l.joining, r.id)
			c.greeted(l)
		}
	})
}

// read asks for the entries after the cursor, to go on or to repair a hole.
func (c *Client) read(r *replica) {
	if c.current == nil || !r.isFollowed || r.isReading {
		return
	}
	r.isReading = true
	c.ask(c.current, func(ref string) wire.ClientFrame {
		in := wire.InRoom{Request: wire.Request{Ref: ref}, Room: r.id}
		return &wire.Entries{InRoom: in, Cursor: wire.Cursor(r.cursor)}
	}, func(answer wire.ServerFrame) { c.listed(r, answer, func() { c.read(r) }) })
}

// listed takes a page of the log; nil when the link ended without one. It
// reports whether that was an answer, and else sees to it that again is called.
func (c *Client) listed(r *replica, answer wire.ServerFrame, again func()) (isAnswer bool) {
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
		case r.isFollowed && !r.isSendingA(chat.KindLeft):
			c.fault("room %s: reading it was refused: %s %s", r.id, f.Code, f.Message)
		}
	default:
		c.fault("room %s: reading it was answered with %s", r.id, answer.Type())
	}
	return true
}

// isSendingA reports whether an entry of the kind is on its way: it may
// already be durable.
func (r *replica) isSendingA(kind chat.Kind) bool {
	return r.isSending && r.outbox[0].Content.Kind == kind
}

// pushed takes an entry that the server sent unasked.
func (c *Client) pushed(f *wire.EntryAppended) {
	r := c.replica(f.Room)
	if r.leftAt > 0 && f.Entry.Seq > r.leftAt {
		if !r.isSendingA(chat.KindJoined) { // their joining may already be durable
			c.fault("room %s: entry %d reached one who had left at %d", r.id, f.Entry.Seq, r.leftAt)
		}
		return
	}
	c.take(r, entryOf(f.Room, &f.Entry))
	c.notify()
}

// Bounds of the time for which a hole is waited for.
const (
	holeWait   = 400 * time.Millisecond
	holeJitter = 200 * time.Millisecond
)

// take folds an entry in when it is the next, keeps it when it is early, and
// compares it when it is known.
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

// reset drops a room whose log is another now, and what cannot be known of the
// entries that were on their way.
func (c *Client) reset(r *replica) {
	r.forget()
	r.isCurrent = false
	c.counts.Resets++
	for len(r.outbox) > 0 && r.outbox[0].isAttempted {
		c.finish(r, r.outbox[0], nil, ErrUnknown)
	}
	c.join(r)
}
