package client

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/maru-chat/maru/e2e/socket"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Client keeps a user's rooms: a socket that it opens again whenever it is
// lost, a copy of each room, and the entries that are on their way. It is safe
// for concurrent use.
type Client struct {
	account *Account
	life    context.Context // ends the client; every timer and request heeds it
	ended   chan struct{}

	mu       sync.Mutex
	replicas map[chat.RoomID]*replica
	conn     *socket.Conn // nil while there is no connection
	// waiting are called with the answer to the frame of that ref, or with nil
	// when the connection ends without one. They run with mu held.
	waiting map[string]func(answer wire.ServerFrame)
	refs    int
	changed chan struct{} // closed and replaced when something changed

	opened   int
	resets   int
	closings []string
	faults   []error
}

// Start returns a client that stays connected until ctx ends.
func Start(ctx context.Context, account *Account) *Client {
	c := &Client{
		account: account, life: ctx, ended: make(chan struct{}),
		replicas: map[chat.RoomID]*replica{},
		waiting:  map[string]func(wire.ServerFrame){},
		changed:  make(chan struct{}),
	}
	go c.run()
	return c
}

// Ended is closed once the client's context has ended and its socket is closed.
func (c *Client) Ended() <-chan struct{} { return c.ended }

// Account returns who the client is.
func (c *Client) Account() *Account { return c.account }

// Bounds of the wait before a further attempt to connect. People's clients wait
// longer; tests have less time.
const (
	firstBackoff = 20 * time.Millisecond
	maxBackoff   = 320 * time.Millisecond
)

func (c *Client) run() {
	defer close(c.ended)
	backoff := firstBackoff
	for c.life.Err() == nil {
		conn, err := c.account.Dial(c.life)
		if err == nil {
			backoff = firstBackoff
			c.serve(conn)
		}
		select {
		case <-c.life.Done():
		case <-time.After(rand.N(backoff)):
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// serve reads the connection until it ends.
func (c *Client) serve(conn *socket.Conn) {
	defer context.AfterFunc(c.life, func() { _ = conn.Close() })()
	c.open(conn)
	defer c.lose(conn)
	conn.Buffer(4096)
	var buf []byte
	for {
		message, err := conn.Read(buf)
		if err != nil {
			return
		}
		buf = message
		c.receive(message)
	}
}

// open joins every room anew and sends again what is on its way.
func (c *Client) open(conn *socket.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = conn
	c.opened++
	for _, r := range c.replicas {
		c.join(r)
		c.pump(r)
	}
	c.notify()
}

func (c *Client) lose(conn *socket.Conn) {
	_ = conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = nil
	for _, r := range c.replicas {
		r.isCurrent = false
	}
	waiting := c.waiting
	c.waiting = map[string]func(wire.ServerFrame){}
	for _, answered := range waiting {
		answered(nil)
	}
	c.notify()
}

// ask sends a frame on the open connection; answered is called once.
func (c *Client) ask(frame func(ref string) wire.ClientFrame, answered func(wire.ServerFrame)) {
	c.refs++
	ref := strconv.Itoa(c.refs)
	c.waiting[ref] = answered
	if err := c.conn.Write(wire.EncodeClient(frame(ref))); err != nil {
		_ = c.conn.Close() // serve ends, and what waits is told
	}
}

// receive handles the frames of one message in order.
func (c *Client) receive(message []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for frame, err := range wire.Frames(message) {
		if err != nil {
			c.fault("a frame that cannot be read: %w", err)
			return
		}
		c.dispatch(frame)
	}
}

func (c *Client) dispatch(frame wire.ServerFrame) {
	switch f := frame.(type) {
	case *wire.Ack:
		c.answer(f.Ref, f)
	case *wire.Error:
		c.answer(f.Ref, f)
	case *wire.EntriesListed:
		c.answer(f.Ref, f)
	case *wire.RoomJoined:
		c.answer(f.Ref, f)
	case *wire.HeadsListed:
		c.answer(f.Ref, f)
	case *wire.EntryAppended:
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

func (c *Client) answer(ref string, frame wire.ServerFrame) {
	answered, isAsked := c.waiting[ref]
	if !isAsked {
		c.fault("%s answers ref %q, which was not asked or is answered already: %s", frame.Type(), ref, wire.Encode(frame))
		return
	}
	delete(c.waiting, ref)
	answered(frame)
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

// Faults returns what the server did against the protocol.
func (c *Client) Faults() []error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]error(nil), c.faults...)
}

// Closings returns the reasons of every planned end that the server announced.
func (c *Client) Closings() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.closings...)
}

// Resets returns how often a room's log turned out to be another.
func (c *Client) Resets() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.resets
}

// Opened returns how many connections there have been.
func (c *Client) Opened() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.opened
}
