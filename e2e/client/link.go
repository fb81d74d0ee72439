package client

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/maru-chat/maru/e2e/socket"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// link is one connection with the frames that wait for an answer.
type link struct {
	conn *socket.Conn
	// used is closed when the link becomes the current one, ended when it ends.
	used, ended chan struct{}
	// waiting has, by ref, the functions to call with the answer, or with nil if
	// the link ends without one. They are called with mu held.
	waiting map[string]func(answer wire.ServerFrame)
	// joining has the rooms whose join was not answered yet.
	joining map[chat.RoomID]bool
	// isLetGo says that the link will be closed when all answers have come.
	isLetGo bool
}

// Bounds of the wait before a further attempt to connect: shorter than those of the
// page, because tests have less time.
const (
	firstBackoff = 20 * time.Millisecond
	maxBackoff   = 320 * time.Millisecond
)

// run opens links, one after the other: the next when the last is lost or old.
func (c *Client) run() {
	defer close(c.ended)
	var serving sync.WaitGroup
	defer serving.Wait()
	backoff := firstBackoff
	for c.life.Err() == nil {
		conn, err := c.account.Dial(c.life)
		if err == nil {
			backoff = firstBackoff
			l := c.open(conn)
			serving.Go(func() { c.serve(l) })
			if c.isOld(l) {
				continue
			}
		} else {
			c.turnedAway()
		}
		select {
		case <-c.life.Done():
		case <-time.After(rand.N(backoff)):
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// turnedAway counts an attempt to connect that failed while the client lives.
func (c *Client) turnedAway() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.life.Err() == nil {
		c.counts.Refusals++
	}
}

// isOld waits until the link has been used for Lifetime. It returns false if the
// link ends before.
func (c *Client) isOld(l *link) bool {
	select {
	case <-l.ended:
		return false
	case <-l.used:
	}
	var old <-chan time.Time
	if c.options.Lifetime > 0 {
		old = time.After(c.options.Lifetime)
	}
	select {
	case <-l.ended:
		return false
	case <-old:
		return true
	}
}

// open joins every room on a new link. The link is used at once if there is no
// other, otherwise when all joins have been answered.
func (c *Client) open(conn *socket.Conn) *link {
	l := &link{
		conn: conn, used: make(chan struct{}), ended: make(chan struct{}),
		waiting: map[string]func(wire.ServerFrame){}, joining: map[chat.RoomID]bool{},
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Opened++
	if c.next = l; c.current == nil {
		c.use(l)
	}
	for _, r := range c.replicas {
		c.joinOn(l, r)
		c.pump(r)
	}
	c.greeted(l)
	return l
}

// greeted uses the link once no room is being joined on it.
func (c *Client) greeted(l *link) {
	if l == c.next && len(l.joining) == 0 {
		c.use(l)
	}
}

// use makes the link the current one and gives up the old one.
func (c *Client) use(l *link) {
	if old := c.current; old != nil {
		c.counts.Handovers++
		c.letGo(old)
	}
	c.current, c.next = l, nil
	close(l.used)
	c.notify()
}

// letGo closes the link as soon as all its frames have been answered.
func (c *Client) letGo(l *link) {
	l.isLetGo = true
	if len(l.waiting) == 0 {
		_ = l.conn.Close()
	}
}

// serve reads the link until it ends.
func (c *Client) serve(l *link) {
	defer context.AfterFunc(c.life, func() { _ = l.conn.Close() })()
	defer c.lose(l)
	l.conn.Buffer(4096)
	var buf []byte
	for {
		message, err := l.conn.Read(buf)
		if err != nil {
			return
		}
		buf = message
		c.receive(l, message)
	}
}

func (c *Client) lose(l *link) {
	_ = l.conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !l.isLetGo && c.life.Err() == nil {
		c.counts.Cuts++
	}
	if l == c.next {
		c.next = nil
	}
	if l == c.current {
		c.current = nil
		for _, r := range c.replicas {
			r.isCurrent = false
		}
	}
	for _, answered := range l.waiting {
		answered(nil)
	}
	l.waiting = nil
	if c.current == nil && c.next != nil {
		c.use(c.next)
		for _, r := range c.replicas {
			c.pump(r)
		}
	}
	close(l.ended)
	c.notify()
}

// isOpen reports whether frames may be sent on the link.
func (c *Client) isOpen(l *link) bool { return l != nil && (l == c.current || l == c.next) }

// ask sends a frame on an open link; answered is called once.
func (c *Client) ask(l *link, frame func(ref string) wire.ClientFrame, answered func(wire.ServerFrame)) {
	c.refs++
	ref := strconv.Itoa(c.refs)
	l.waiting[ref] = answered
	if err := l.conn.Write(wire.EncodeClient(frame(ref))); err != nil {
		_ = l.conn.Close() // serve ends and calls answered with nil
	}
}

func (c *Client) answer(l *link, ref string, frame wire.ServerFrame) {
	answered, isAsked := l.waiting[ref]
	if !isAsked {
		c.fault("%s answers ref %q, which was not asked or is answered already: %s", frame.Type(), ref, wire.Encode(frame))
		return
	}
	delete(l.waiting, ref)
	answered(frame)
	if l.isLetGo {
		c.letGo(l)
	}
}

// receive handles the frames of one message in order.
func (c *Client) receive(l *link, message []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if isFailure(message) {
		// It does not say which answer will not come: all are asked for again on the
		// next link.
		c.counts.Failures++
		l.isLetGo = true
		_ = l.conn.Close()
		return
	}
	before := c.counts.Pushed
	for frame, err := range wire.Frames(message) {
		if err != nil {
			c.fault("a frame that cannot be read: %w", err)
			return
		}
		c.dispatch(l, frame)
	}
	if c.counts.Pushed > before {
		c.counts.Pushes++
	}
}

// isFailure reports whether API Gateway says that a function has failed.
func isFailure(message []byte) bool {
	var said struct{ Type, Message string }
	return json.Unmarshal(message, &said) == nil && said.Type == "" && said.Message == "Internal server error"
}
