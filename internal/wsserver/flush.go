package wsserver

import (
	"errors"
	"os"
	"slices"
	"sync"
	"time"
)

const (
	// writeWait is how long one write may take. Then the connection is closed, and
	// the client catches up when it comes back.
	writeWait = 10 * time.Second
	// maxTurns is how many messages are written to one connection before others
	// have their turn.
	maxTurns = 4
	// flushShare is how many connections one goroutine writes to.
	flushShare = 128
	// flushSelf is how many connections a publisher writes to before it goes on.
	flushSelf = 16
)

var batches = sync.Pool{New: func() any { return new(batch) }}

// write flushes the queue if isWoken says that the caller must.
func (c *connection) write(isWoken bool) {
	if !isWoken {
		return
	}
	b := batches.Get().(*batch)
	defer batches.Put(b)
	c.flush(b)
}

// flush writes what waits in the queue, without blocking: if the socket is full, or
// after maxTurns messages, a goroutine of the connection's own continues.
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

// flushSlowly writes rest, then what waits in the queue, and may block.
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

// flushAll flushes the queues of the woken connections. It flushes a few of them
// itself, which takes less time than to start a goroutine.
func flushAll(woken []*connection) {
	if len(woken) <= flushSelf {
		flushEach(woken)
		return
	}
	for share := range slices.Chunk(woken, flushShare) {
		go flushEach(share)
	}
}

func flushEach(woken []*connection) {
	b := batches.Get().(*batch)
	defer batches.Put(b)
	for _, c := range woken {
		c.flush(b)
	}
}
