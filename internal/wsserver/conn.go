package wsserver

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"syscall"
	"time"
)

// Conn is one open WebSocket: the seam behind which the socket library lives.
// One goroutine reads and one at a time writes; Close and SetReadDeadline may
// be called from any.
type Conn interface {
	// Read waits for the next message, which the caller may keep. A
	// *ProtocolError has the close code to answer with; later calls discard what
	// the peer sends until the stream ends. Any other error says that the
	// connection has ended or that the deadline has passed.
	Read() (Message, error)
	// TryWrite writes as much of p, which is whole frames, as the socket takes
	// without waiting: fewer than len(p) bytes and no error if it is full.
	TryWrite(p []byte) (int, error)
	// Write writes all of p and fails if that is not done by the deadline.
	Write(p []byte, deadline time.Time) error
	// SetReadDeadline makes Read fail from then on, or after up to 32 KB of what had
	// come by then; the zero time lifts it.
	SetReadDeadline(deadline time.Time) error
	// Close closes the connection at once. What was written is still delivered,
	// unless the peer has sent data that was not read.
	Close() error
}

// notifier is a Conn that says when something has come, so that nobody has to wait in
// Read.
type notifier interface {
	Conn
	// Next is Read, but fails with errNothing where that would wait.
	Next() (Message, error)
	// Notify calls f once when Next may return something new. It is called after Next
	// failed with errNothing, by whoever reads; f must not wait.
	Notify(f func())
}

var errNothing = errors.New("no message has come")

// stream is a Conn over any stream, with a goroutine that waits in Read. While it
// waits, its only buffer has headerBuffer bytes.
type stream struct {
	net.Conn
	raw syscall.RawConn // nil if TryWrite is not possible
	in  *bufio.Reader   // longer reads bypass its buffer
	incoming
}

// headerBuffer is the smallest buffer of bufio, and larger than any header.
const headerBuffer = 16

// newConn takes over an upgraded connection. early is what was read of it beyond
// the upgrade request.
func newConn(conn net.Conn, early []byte) Conn {
	return &stream{
		Conn: conn, raw: rawConn(conn), in: bufio.NewReaderSize(conn, headerBuffer),
		incoming: incoming{rest: bytes.Clone(early)},
	}
}

// Read implements [Conn]. It waits in Peek, where the stack is shallow, so that the
// runtime can shrink it.
func (c *stream) Read() (Message, error) {
	if len(c.rest) == 0 {
		if _, err := c.in.Peek(1); err != nil {
			return Message{}, c.ended(err)
		}
	}
	return c.next(c.in.Read)
}

// TryWrite implements [Conn].
func (c *stream) TryWrite(p []byte) (int, error) {
	if c.raw == nil {
		return 0, nil
	}
	return tryWrite(c.raw, p)
}

// Write implements [Conn]. It clears the deadline, which would make TryWrite fail
// too once it has passed.
func (c *stream) Write(p []byte, deadline time.Time) error {
	if err := c.Conn.SetWriteDeadline(deadline); err != nil {
		return err
	}
	if _, err := c.Conn.Write(p); err != nil {
		return err
	}
	return c.Conn.SetWriteDeadline(time.Time{})
}
