package wsserver

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/session"
)

const (
	// writeWait is how long a reader may take for what one write holds. Then it
	// is hung up on, and catches up when it comes back.
	writeWait = 10 * time.Second
	// partingWait is how long a connection that is being closed may still send:
	// what was under way when it was told is carried out and acknowledged.
	partingWait = 250 * time.Millisecond
	// closeWait is how long the peer may take to answer our close frame.
	closeWait = time.Second
	// handleWait bounds the handling of one message.
	handleWait = 10 * time.Second
)

// handler carries out a message of one connection and returns the lines that
// answer it.
type handler func(ctx context.Context, c *connection, message []byte) [][]byte

// connection is one open socket with its user and its queue.
type connection struct {
	queue
	conn   Conn // nil until start; from then on constant
	codec  codec
	handle handler
	hub    *Hub

	id    chat.ConnID
	user  chat.UserID
	since int64 // Unix milliseconds
	// expires is when the user's token runs out, in Unix seconds; 0 for never.
	expires int64

	// handling is the message that a worker has.
	handling sync.WaitGroup

	// heard and sent are the hub's ticks at the last message from and to the peer.
	heard, sent atomic.Uint32
	isHidden    atomic.Bool
	// isParting says that the peer was told of the close.
	isParting atomic.Bool
}

// start begins to read from conn and to write what waits. The goroutine is a
// new one, so that the stack and the buffers of the upgrade are given back.
func (c *connection) start(conn Conn) {
	c.mu.Lock()
	c.conn = conn
	isClosed := c.isClosed
	c.mu.Unlock()
	if isClosed {
		c.kill()
	}
	if c.isParting.Load() {
		c.hurry()
	}
	go c.run()
}

// run reads until the connection ends.
func (c *connection) run() {
	defer c.hub.leave(c)
	defer c.handling.Wait()
	c.write(true)
	for {
		m, err := c.conn.Read()
		if err != nil {
			c.end(err)
			return
		}
		switch m.Kind {
		case MessageText:
			c.heard.Store(c.hub.tick.Load())
			c.handling.Wait() // messages are handled in order
			c.handling.Add(1)
			c.hub.workers.do(job{c, m.Data})
		case MessagePing:
			c.enqueue(&item{frame: controlFrame(ws.OpPong, m.Data), isAnswer: true})
		case MessageClose:
			c.handling.Wait()
			c.conclude(closeAnswer(m.Data))
			return
		}
	}
}

// receive handles one message. What is pushed meanwhile leaves with the answer.
// When answers pile up, it waits until the peer has read some.
func (c *connection) receive(ctx context.Context, message []byte) {
	defer c.handling.Done()
	ctx, cancel := context.WithTimeout(ctx, handleWait)
	defer cancel()
	c.cork()
	for _, line := range c.handle(ctx, c, message) {
		c.enqueue(answer(line))
	}
	isWoken, full := c.uncork()
	c.write(isWoken)
	if full != nil {
		<-full
	}
}

// push queues one frame and reports whether the caller has to have it written.
func (c *connection) push(it *item) (isWoken bool) {
	isWoken, isShed := c.queue.push(it)
	if isShed {
		c.hub.behind.Add(1)
	}
	return isWoken
}

// enqueue queues one frame for this connection and has it written.
func (c *connection) enqueue(it *item) { c.write(c.push(it)) }

// end says why, where that is known, and waits for the peer to have it.
func (c *connection) end(why error) {
	c.handling.Wait()
	var breach *ProtocolError
	switch {
	case errors.As(why, &breach):
		c.refuse(breach)
	case c.isParting.Load() && errors.Is(why, os.ErrDeadlineExceeded):
		c.conclude(closeFrame(ws.StatusGoingAway, ""))
	default:
		return
	}
	if c.conn.SetReadDeadline(time.Now().Add(closeWait)) != nil {
		return
	}
	for {
		if m, err := c.conn.Read(); err != nil || m.Kind == MessageClose {
			return
		}
	}
}

// breachCodes are the codes of the errors that tell a peer what it did wrong.
var breachCodes = map[ws.StatusCode]chat.Code{ws.StatusMessageTooBig: chat.CodeTooLarge}

func (c *connection) refuse(breach *ProtocolError) {
	code, isKnown := breachCodes[breach.Code]
	if !isKnown {
		code = chat.CodeInvalid
	}
	if line := c.codec.refusal(chat.Errorf(code, "%s", breach.Reason)); line != nil {
		c.enqueue(answer(line))
	}
	c.conclude(closeFrame(breach.Code, breach.Reason))
}

// conclude sends what waits and a last frame, for as long as closing may take.
func (c *connection) conclude(last frame) {
	isWoken, written := c.finish(last)
	c.write(isWoken)
	if written == nil {
		return
	}
	select {
	case <-written:
	case <-time.After(closeWait):
	}
}

// closeAnswer echoes the code of the peer's close frame, or objects to it.
func closeAnswer(payload []byte) frame {
	if len(payload) == 0 {
		return controlFrame(ws.OpClose, nil)
	}
	code, reason := ws.ParseCloseFrameData(payload)
	if err := ws.CheckCloseFrameData(code, reason); err != nil {
		code = ws.StatusProtocolError
	}
	return closeFrame(code, "")
}

func closeFrame(code ws.StatusCode, reason string) frame {
	return controlFrame(ws.OpClose, ws.NewCloseFrameBody(code, reason))
}

// part tells the peer that the connection is about to close and gives what is
// under way a moment.
func (c *connection) part(reason string) { c.partWith(c.codec.closing(reason)) }

func (c *connection) partWith(line []byte) {
	if c.isParting.Swap(true) {
		return
	}
	if line != nil {
		c.enqueue(answer(line))
	}
	c.hurry()
}

// hurry lets the peer send for a moment only. A connection that is not open yet
// hurries when it is.
func (c *connection) hurry() {
	conn := c.opened()
	if conn == nil {
		return
	}
	if err := conn.SetReadDeadline(time.Now().Add(partingWait)); err != nil {
		c.kill()
	}
}

func (c *connection) opened() Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn
}

// kill closes the connection without a word; run then ends.
func (c *connection) kill() {
	c.abandon()
	if conn := c.opened(); conn != nil {
		_ = conn.Close() // there is nobody left to tell
	}
}

// forget takes r from the rooms of c and returns c's place in it. Its caller
// holds the room's lock, as that of replace does.
func (c *connection) forget(r *room) (index int, isListener bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.rooms, func(s subscription) bool { return s.room == r })
	if i < 0 {
		return 0, false
	}
	index = c.rooms[i].index
	c.rooms = slices.Delete(c.rooms, i, i+1)
	return index, true
}

// replace notes a new place among r's listeners.
func (c *connection) replace(r *room, index int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.rooms {
		if c.rooms[i].room == r {
			c.rooms[i].index = index
		}
	}
}

// listensTo returns the rooms of c.
func (c *connection) listensTo() []subscription {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.rooms)
}

func (c *connection) peer() session.Peer {
	peer := session.Peer{Conn: c.id, User: c.user}
	if c.expires > 0 {
		peer.ExpiresAt = time.Unix(c.expires, 0)
	}
	return peer
}

func (c *connection) presence() chat.Presence {
	return chat.Presence{
		User: c.user, Conn: c.id, IsHidden: c.isHidden.Load(),
		Since: time.UnixMilli(c.since).UTC(),
	}
}

var batches = sync.Pool{New: func() any { return new(batch) }}

// write empties the queue if isWoken says that it is the caller's turn.
func (c *connection) write(isWoken bool) {
	if !isWoken {
		return
	}
	b := batches.Get().(*batch)
	defer batches.Put(b)
	c.flush(b)
}

// maxTurns is how many messages one connection may write before those that
// wait behind it have their turn.
const maxTurns = 4

// flush writes what waits, without waiting: if the socket is full or more and
// more comes, a goroutine of the connection's own goes on.
func (c *connection) flush(b *batch) {
	for range maxTurns {
		p := c.take(b, c.codec)
		if p == nil {
			c.sent.Store(c.hub.tick.Load())
			return
		}
		n, err := c.conn.TryWrite(p)
		if err != nil {
			c.kill()
			return
		}
		if n < len(p) {
			go c.flushSlowly(slices.Clone(p[n:]))
			return
		}
	}
	go c.flushSlowly(nil)
}

// flushSlowly writes rest, then what waits, and may wait for the peer.
func (c *connection) flushSlowly(rest []byte) {
	b := batches.Get().(*batch)
	defer batches.Put(b)
	p := rest
	if p == nil {
		p = c.take(b, c.codec)
	}
	for ; p != nil; p = c.take(b, c.codec) {
		err := c.conn.Write(p, time.Now().Add(writeWait))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			c.hub.cut.Add(1)
		}
		if err != nil {
			c.kill()
			return
		}
	}
	c.sent.Store(c.hub.tick.Load())
}

// flushShare is how many connections one goroutine writes to.
const flushShare = 128

// flushAll has the queues of the woken connections written, while the caller
// goes on.
func flushAll(woken []*connection) {
	for share := range slices.Chunk(woken, flushShare) {
		go func() {
			b := batches.Get().(*batch)
			defer batches.Put(b)
			for _, c := range share {
				c.flush(b)
			}
		}()
	}
}
