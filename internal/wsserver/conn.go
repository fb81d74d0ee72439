package wsserver

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
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
	// SetReadDeadline makes Read fail from then on; the zero time lifts it.
	SetReadDeadline(deadline time.Time) error
	// Close closes the connection at once. What was written is still delivered,
	// unless the peer has sent data that was not read.
	Close() error
}

// MessageKind says what a [Message] is.
type MessageKind string

// The kinds of messages.
const (
	MessageText  MessageKind = "text"
	MessagePing  MessageKind = "ping"
	MessagePong  MessageKind = "pong"
	MessageClose MessageKind = "close"
)

var controlKinds = map[ws.OpCode]MessageKind{
	ws.OpPing: MessagePing, ws.OpPong: MessagePong, ws.OpClose: MessageClose,
}

// Message is what a peer sent: valid UTF-8 of at most 32 KB when it is text,
// and at most 125 bytes otherwise.
type Message struct {
	Kind MessageKind
	Data []byte
}

// ProtocolError is a breach of RFC 6455 or of our limits by the peer.
type ProtocolError struct {
	Code   ws.StatusCode
	Reason string
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("websocket: close %d: %s", e.Code, e.Reason)
}

// wsConn is a Conn over an upgraded stream. While it waits for a message, its only
// buffer has the size of a frame's header.
type wsConn struct {
	stream  net.Conn
	raw     syscall.RawConn // nil if TryWrite is not possible
	in      *bufio.Reader   // of headerBuffer bytes, which longer reads bypass
	scratch [ws.MaxHeaderSize]byte

	buf          *[]byte // of readBuffers, while a message is read
	size         int     // bytes of the fragments read so far
	isFragmented bool
	isBroken     bool // the peer broke the protocol: what follows is discarded
}

// headerBuffer is the smallest buffer of bufio, and larger than any header.
const headerBuffer = 16

// newConn takes over an upgraded stream. early is what was read of it beyond
// the upgrade request.
func newConn(stream net.Conn, early []byte) *wsConn {
	var in io.Reader = stream
	if len(early) > 0 {
		in = io.MultiReader(bytes.NewReader(bytes.Clone(early)), stream)
	}
	return &wsConn{stream: stream, raw: rawConn(stream), in: bufio.NewReaderSize(in, headerBuffer)}
}

// readBuffers hold one message and a control frame that came between its
// fragments.
var readBuffers = sync.Pool{New: func() any {
	b := make([]byte, maxText+ws.MaxControlFramePayloadSize)
	return &b
}}

// Read implements [Conn]. It waits in Peek, where the stack is shallow, so that the
// runtime can shrink it.
func (c *wsConn) Read() (Message, error) {
	if _, err := c.in.Peek(1); err != nil {
		return Message{}, err
	}
	if c.isBroken {
		return Message{}, c.discard()
	}
	m, err := c.read()
	if !c.isFragmented || err != nil {
		readBuffers.Put(c.buf)
		c.buf = nil
	}
	var breach *ProtocolError
	c.isBroken = errors.As(err, &breach)
	return m, err
}

// discard reads until the stream ends. A stream that is closed with unread data is
// reset, and what was written last might not arrive.
func (c *wsConn) discard() error {
	if _, err := io.Copy(io.Discard, c.in); err != nil {
		return err
	}
	return io.EOF
}

// read reads one message, or a control frame between two of its fragments.
func (c *wsConn) read() (Message, error) {
	if c.buf == nil {
		c.buf = readBuffers.Get().(*[]byte)
	}
	for {
		h, err := c.readHeader()
		if err != nil {
			return Message{}, err
		}
		payload, err := c.readPayload(h)
		if err != nil {
			return Message{}, err
		}
		if h.OpCode.IsControl() {
			return Message{Kind: controlKinds[h.OpCode], Data: bytes.Clone(payload)}, nil
		}
		c.size += len(payload)
		c.isFragmented = !h.Fin
		if h.Fin {
			return c.finish()
		}
	}
}

// readHeader reads the header of the next frame and refuses what is not accepted.
func (c *wsConn) readHeader() (ws.Header, error) {
	state := ws.StateServerSide
	if c.isFragmented {
		state = state.Set(ws.StateFragmented)
	}
	h, err := ws.ReadHeaderBuffer(c.in, c.scratch[:])
	if errors.Is(err, ws.ErrHeaderLengthMSB) || errors.Is(err, ws.ErrHeaderLengthUnexpected) {
		return h, &ProtocolError{ws.StatusProtocolError, err.Error()}
	}
	if err != nil {
		return h, err
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return h, &ProtocolError{ws.StatusProtocolError, err.Error()}
	}
	if h.OpCode == ws.OpBinary {
		return h, &ProtocolError{ws.StatusUnsupportedData, "only text messages are taken"}
	}
	if h.OpCode.IsData() && h.Length > int64(maxText-c.size) {
		return h, &ProtocolError{ws.StatusMessageTooBig, "a message has at most 32768 bytes"}
	}
	return h, nil
}

// readPayload reads a frame's payload into the buffer, after the fragments that
// were read before.
func (c *wsConn) readPayload(h ws.Header) ([]byte, error) {
	payload := (*c.buf)[c.size : c.size+int(h.Length)]
	if _, err := io.ReadFull(c.in, payload); err != nil {
		return nil, err
	}
	ws.Cipher(payload, h.Mask, 0)
	return payload, nil
}

func (c *wsConn) finish() (Message, error) {
	text := (*c.buf)[:c.size]
	c.size = 0
	if !utf8.Valid(text) {
		return Message{}, &ProtocolError{ws.StatusInvalidFramePayloadData, "text is not UTF-8"}
	}
	return Message{Kind: MessageText, Data: bytes.Clone(text)}, nil
}

// TryWrite implements [Conn].
func (c *wsConn) TryWrite(p []byte) (int, error) {
	if c.raw == nil {
		return 0, nil
	}
	return tryWrite(c.raw, p)
}

// Write implements [Conn]. It clears the deadline, which would make TryWrite fail
// too once it has passed.
func (c *wsConn) Write(p []byte, deadline time.Time) error {
	if err := c.stream.SetWriteDeadline(deadline); err != nil {
		return err
	}
	if _, err := c.stream.Write(p); err != nil {
		return err
	}
	return c.stream.SetWriteDeadline(time.Time{})
}

// SetReadDeadline implements [Conn].
func (c *wsConn) SetReadDeadline(deadline time.Time) error { return c.stream.SetReadDeadline(deadline) }

// Close implements [Conn].
func (c *wsConn) Close() error { return c.stream.Close() }
