package client

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Outgoing is an entry that a client sends to a room. Its outcome may be read once
// Done is closed.
type Outgoing struct {
	Room    chat.RoomID
	ID      chat.EntryID
	Content chat.Content
	// Since is fixed before the first attempt.
	Since       chat.Cursor
	isAttempted bool
	// Sendings counts how often it was sent over a connection.
	Sendings int

	// Done is closed when the entry was acknowledged or refused.
	Done chan struct{}
	// Ack is the acknowledgement. Its cursor is nil if nothing had to be written.
	Ack *wire.Ack
	// Err is the refusal: nothing was written and nothing will be.
	Err error
}

// ErrUnknown is the outcome of an entry whose attempt was not answered before
// the room's log was replaced: only a person may send it again.
var ErrUnknown = errors.New("not known whether it was sent")

// Write puts an entry into the outbox of a room and returns at once.
func (c *Client) Write(room chat.RoomID, id chat.EntryID, content chat.Content) *Outgoing {
	out := &Outgoing{Room: room, ID: id, Content: content, Done: make(chan struct{})}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.replica(room)
	r.outbox = append(r.outbox, out)
	c.pump(r)
	return out
}

// Waiting returns how many entries are in the outbox of a room, the one that is
// being sent included.
func (c *Client) Waiting(room chat.RoomID) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.replica(room).outbox)
}

// pump sends the first entry of the outbox unless it is being sent already. A first
// attempt waits until the room has been read; a resend does not.
func (c *Client) pump(r *replica) {
	if len(r.outbox) == 0 || r.isSending || c.life.Err() != nil {
		return
	}
	out := r.outbox[0]
	if !out.isAttempted && r.isFollowed && !r.isCurrent {
		return
	}
	change := func(ref string) wire.Change {
		in := wire.InRoom{Request: wire.Request{Ref: ref}, Room: r.id}
		return wire.Change{InRoom: in, ID: out.ID, Since: wire.Cursor(out.Since)}
	}
	hasFrame := frameOf(change(""), &out.Content) != nil
	if hasFrame && c.current == nil {
		return
	}
	if !out.isAttempted {
		out.Since, out.isAttempted = r.cursor, true
	}
	r.isSending = true
	if !hasFrame {
		go c.request(r, out)
		return
	}
	out.Sendings++
	c.ask(c.current,
		func(ref string) wire.ClientFrame { return frameOf(change(ref), &out.Content) },
		func(answer wire.ServerFrame) { c.answered(r, out, answer) },
	)
}

// request asks over HTTP for a change without a frame.
func (c *Client) request(r *replica, out *Outgoing) {
	c.mu.Lock()
	body := map[string]any{"id": out.ID, "since": out.Since.String()}
	c.mu.Unlock()
	ack := &wire.Ack{}
	err := c.account.Do(c.life, http.MethodPost, pathOf(r.id, out.Content.Kind), body, ack)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case out.isDone():
	case err != nil:
		c.refused(r, out, err)
	default:
		c.finish(r, out, ack, nil)
	}
}

// isDone reports whether the entry has its outcome: a reset gives it one before
// the answer comes.
func (o *Outgoing) isDone() bool {
	select {
	case <-o.Done:
		return true
	default:
		return false
	}
}

// answered handles the socket's answer; nil if the connection ended without one.
func (c *Client) answered(r *replica, out *Outgoing, answer wire.ServerFrame) {
	if out.isDone() {
		return
	}
	switch f := answer.(type) {
	case nil:
		r.isSending = false
		c.pump(r) // on the next link, if there is one yet
	case *wire.Ack:
		c.finish(r, out, f, nil)
	case *wire.Error:
		c.refused(r, out, errorOf(f))
	default:
		c.fault("room %s: entry %s was answered with %s", r.id, out.ID, answer.Type())
	}
}

func errorOf(f *wire.Error) *chat.Error {
	err := &chat.Error{Code: f.Code, Msg: f.Message, RetryAfter: time.Duration(f.RetryAfterMS) * time.Millisecond}
	if f.Head != nil {
		err.Head = chat.Cursor(*f.Head)
	}
	return err
}

// retryPause is the least time after which an undecided entry is sent again.
const retryPause = 50 * time.Millisecond

// pause returns how long to wait after a refusal that is not final. It is a fault of
// the home if it says unavailable without saying for how long.
func (c *Client) pause(err error) time.Duration {
	wait := retryPause + rand.N(retryPause)
	var known *chat.Error
	if !errors.As(err, &known) {
		return wait
	}
	if known.Code == chat.CodeUnavailable {
		c.counts.Unavailable++
		if known.RetryAfter <= 0 {
			c.fault("unavailable, and not for how long: %w", err)
		}
	}
	return max(wait, known.RetryAfter)
}

// refused ends an entry that was refused for good, and sends again one that was not
// decided.
func (c *Client) refused(r *replica, out *Outgoing, err error) {
	var known *chat.Error
	isKnown := errors.As(err, &known)
	switch {
	case !isKnown || known.Code == chat.CodeUnavailable || known.Code == chat.CodeRateLimited:
		c.later(c.pause(err), func() {
			r.isSending = false
			c.pump(r)
		})
	case known.Code == chat.CodeStale && known.Reset:
		r.isSending = false
		c.reset(r)
	case known.Code == chat.CodeStale:
		go c.raise(r, out)
	default:
		c.finish(r, out, nil, err)
	}
}

// raise reads the room to its end. Only if the entry is not there, its since is
// raised to the last entry read.
func (c *Client) raise(r *replica, out *Outgoing) {
	c.mu.Lock()
	after := r.cursor
	c.mu.Unlock()
	entries, err := c.account.Entries(c.life, r.id, after)
	c.mu.Lock()
	defer c.mu.Unlock()
	if out.isDone() {
		return
	}
	for i := range entries {
		c.take(r, entries[i])
	}
	if seq := r.own[out.ID]; seq > 0 {
		cursor := wire.Cursor(r.entries[seq-1].Cursor())
		c.finish(r, out, &wire.Ack{Room: r.id, Seq: seq, Cursor: &cursor, Existed: true}, nil)
		return
	}
	if err != nil {
		c.refused(r, out, err)
		return
	}
	out.Since, r.isSending = r.cursor, false
	c.pump(r)
}

// finish sets the outcome of an entry and continues with the next.
func (c *Client) finish(r *replica, out *Outgoing, ack *wire.Ack, err error) {
	out.Ack, out.Err = ack, err
	r.outbox, r.isSending = r.outbox[1:], false
	close(out.Done)
	switch {
	case err != nil:
	case out.Content.Kind == chat.KindJoined:
		r.isFollowed, r.leftAt = true, 0
		r.moves++
		c.join(r)
	case out.Content.Kind == chat.KindLeft:
		r.isFollowed, r.isCurrent, r.leftAt = false, false, ack.Seq
		r.moves++
	}
	c.notify()
	c.pump(r)
}
