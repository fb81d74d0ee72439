package wsserver

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/session"
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

	id      chat.ConnID
	user    chat.UserID
	address string
	since   int64 // Unix milliseconds
	// expires is when the user's token runs out, in Unix seconds; 0 for never.
	expires int64

	// handling waits for the message that a worker handles.
	handling sync.WaitGroup

	// heard and sent are the hub's ticks at the last message from and to the peer.
	heard, sent atomic.Uint32
	isHidden    atomic.Bool
	// isParting says that the peer was told of the close.
	isParting atomic.Bool
}

// start begins to read from conn and to write what waits. It returns at once, so that
// the stack and the buffers of the upgrade are freed.
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
	if _, canNotify := conn.(notifier); canNotify {
		c.write(true)
		c.attend()
		return
	}
	go c.run()
}

// run reads until the connection ends.
func (c *connection) run() {
	c.write(true)
	for {
		m, err := c.unlessClosed(c.conn.Read())
		switch {
		case err != nil || m.Kind == MessageClose:
			c.quit(m, err)
			return
		case m.Kind == MessageText:
			c.handling.Wait() // messages are handled in order
			c.handling.Add(1)
			c.hub.workers.do(job{c, m.Data})
		case m.Kind == MessagePing:
			c.pong(m.Data)
		}
	}
}

// attend has a worker handle what has come, and what comes later.
func (c *connection) attend() { c.hub.workers.do(job{c: c}) }

// handleAll handles what has come. It is called by one worker at a time.
func (c *connection) handleAll() {
	conn := c.conn.(notifier)
	for {
		m, err := c.unlessClosed(conn.Next())
		switch {
		case errors.Is(err, errNothing):
			conn.Notify(c.attend)
			return
		case err != nil || m.Kind == MessageClose:
			go c.quit(m, err) // which may wait
			return
		case m.Kind == MessageText:
			c.handling.Add(1)
			c.receive(m.Data)
		case m.Kind == MessagePing:
			c.pong(m.Data)
		}
	}
}

// unlessClosed drops a message of a connection that was closed after it had come:
// nobody would see the answer.
func (c *connection) unlessClosed(m Message, err error) (Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && c.isClosed {
		return Message{}, net.ErrClosed
	}
	return m, err
}

// pong answers a ping. It is not queued as an answer, which is never dropped: a peer
// that reads nothing could make the queue grow without bound.
func (c *connection) pong(payload []byte) {
	c.enqueue(&item{frame: controlFrame(ws.OpPong, payload)})
}

// quit ends the connection after the peer's close frame, or for another reason.
func (c *connection) quit(last Message, why error) {
	defer c.hub.leave(c)
	c.handling.Wait()
	if why != nil {
		c.end(why)
	} else {
		c.conclude(closeAnswer(last.Data))
	}
}

// receive handles one message. What is pushed meanwhile is sent with the answer.
// If answers pile up, it waits until the peer has read some.
func (c *connection) receive(message []byte) {
	defer c.handling.Done()
	c.heard.Store(c.hub.tick.Load())
	c.cork()
	for _, line := range c.handle(c.hub.workers.deadlines.context(), c, message) {
		c.enqueue(answer(line))
	}
	isWoken, full := c.uncork()
	c.write(isWoken)
	if full != nil {
		<-full
	}
}

// push queues one frame and reports whether the caller must flush the queue.
func (c *connection) push(it *item) (isWoken bool) {
	isWoken, isShed := c.queue.push(it)
	if isShed {
		c.hub.behind.Add(1)
	}
	return isWoken
}

// enqueue queues one frame for this connection and flushes the queue if need be.
func (c *connection) enqueue(it *item) { c.write(c.push(it)) }

// forget removes r from the rooms of c and returns c's index among r's listeners.
// The caller holds the room's lock.
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

// knewOf returns the last entry of r that was known when c subscribed to it.
func (c *connection) knewOf(r *room) chat.Seq {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.rooms, func(s subscription) bool { return s.room == r })
	return c.rooms[i].known
}

// replace sets c's index among r's listeners. The caller holds the room's lock.
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
