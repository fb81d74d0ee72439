package wsserver

import (
	"errors"
	"os"
	"slices"
	"sync"
	"time"
)

const (
	// writeWait is how long a reader may take for what one write holds. Then it
	// is hung up on, and catches up when it comes back.
	writeWait = 10 * time.Second
	// maxTurns is how many messages one connection may write before those that
	// wait behind it have their turn.
	maxTurns = 4
	// flushShare is how many connections one goroutine writes to.
	flushShare = 128
	// flushSelf is how many connections a publisher writes to before it goes on.
	flushSelf = 16
)

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

// flushAll has the queues of the woken connections written. It writes to a few
// itself, which takes less time than handing them over.
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
