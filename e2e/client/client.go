package client

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Options say how a client keeps its connection. With the zero value it opens the
// next one only when the last is lost.
type Options struct {
	// Lifetime is how long a connection is used. Then the client opens the next one
	// and joins all rooms on it before it closes the old one. 0 means no limit.
	Lifetime time.Duration
	// Heartbeat is how often the client asks what it has missed; 0 means never.
	Heartbeat time.Duration
}

// Client keeps a user's rooms: a connection, which it replaces when it is lost or
// old, a copy of each room, and the entries that are still to be acknowledged. It is
// safe for concurrent use.
type Client struct {
	account *Account
	options Options
	life    context.Context // ends the client; every timer and request heeds it
	ended   chan struct{}

	mu       sync.Mutex
	replicas map[chat.RoomID]*replica
	// current is the link in use, next the one on which the rooms are being joined;
	// nil if there is none.
	current, next *link
	refs          int
	changed       chan struct{} // closed and replaced when something changed

	counts   Counts
	closings []string
	faults   []error
}

// Counts counts what has happened to a client so far.
type Counts struct {
	// Refusals counts attempts to connect that failed.
	Refusals int
	// Opened counts the connections that were opened.
	Opened int
	// Handovers counts planned replacements of a connection: all rooms were joined
	// on the new one before the client gave up the old one.
	Handovers int
	// Cuts counts connections that ended before the client gave them up.
	Cuts int
	// Failures counts the messages by which API Gateway says that a function has
	// failed and an answer will never come.
	Failures int
	// Unavailable counts refusals with the code unavailable.
	Unavailable int
	// Resets counts the resets of a room's cursor.
	Resets int
	// Pushes counts the messages that carried pushed entries, and Pushed those
	// entries.
	Pushes, Pushed int
}

// Plus returns the sums of c and d.
func (c Counts) Plus(d Counts) Counts {
	return Counts{
		Refusals: c.Refusals + d.Refusals, Opened: c.Opened + d.Opened, Handovers: c.Handovers + d.Handovers, Cuts: c.Cuts + d.Cuts,
		Failures: c.Failures + d.Failures, Unavailable: c.Unavailable + d.Unavailable, Resets: c.Resets + d.Resets,
		Pushes: c.Pushes + d.Pushes, Pushed: c.Pushed + d.Pushed,
	}
}

// Start returns a client that stays connected until ctx ends.
func Start(ctx context.Context, account *Account) *Client { return Options{}.Start(ctx, account) }

// Start returns a client that stays connected, as the options say, until ctx ends.
func (o Options) Start(ctx context.Context, account *Account) *Client {
	c := &Client{
		account: account, options: o, life: ctx, ended: make(chan struct{}),
		replicas: map[chat.RoomID]*replica{},
		changed:  make(chan struct{}),
	}
	go c.run()
	if o.Heartbeat > 0 {
		c.beatLater()
	}
	return c
}

// Ended is closed once the client's context has ended and its socket is closed.
func (c *Client) Ended() <-chan struct{} { return c.ended }

// Account returns the client's account.
func (c *Client) Account() *Account { return c.account }

func (c *Client) dispatch(l *link, frame wire.ServerFrame) {
	switch f := frame.(type) {
	case *wire.Ack:
		c.answer(l, f.Ref, f)
	case *wire.Error:
		c.answer(l, f.Ref, f)
	case *wire.EntriesListed:
		c.answer(l, f.Ref, f)
	case *wire.RoomJoined:
		c.answer(l, f.Ref, f)
	case *wire.HeadsListed:
		c.answer(l, f.Ref, f)
	case *wire.EntryAppended:
		c.counts.Pushed++
		c.pushed(f)
	case *wire.RoomBehind:
		c.replica(f.Room).isCurrent = false
		c.read(c.replica(f.Room))
	case *wire.CursorReset:
		c.reset(c.replica(f.Room))
	case *wire.ConnectionClosing:
		c.closings = append(c.closings, f.Reason)
	}
}

// later calls f with mu held, unless the client has ended by then.
func (c *Client) later(wait time.Duration, f func()) {
	time.AfterFunc(wait, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.life.Err() == nil {
			f()
		}
	})
}

func (c *Client) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf(format, args...))
}

// Faults returns the server's breaches of the protocol.
func (c *Client) Faults() []error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]error(nil), c.faults...)
}

// Closings returns the reason of every connection.closing.
func (c *Client) Closings() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.closings...)
}

// Counts returns what has happened so far.
func (c *Client) Counts() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts
}
