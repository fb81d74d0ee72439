// Package socket is the client side of a WebSocket that carries text messages:
// what transcripts, the Go client and the load generator need, and no more. It
// does not look inside messages, and it does not reconnect.
package socket

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// Conn is one open connection. One goroutine may read while others write.
type Conn struct {
	net   net.Conn
	input io.Reader
	// Subprotocol is what the server chose; "" for none.
	Subprotocol string

	writing sync.Mutex
	output  []byte
}

// writeTimeout bounds a write to a server that does not read.
const writeTimeout = 5 * time.Second

// Dial opens a connection to a ws or wss address. If the server answers with
// another status than 101, the error wraps a ws.StatusError.
func Dial(ctx context.Context, url string, header http.Header, subprotocols ...string) (*Conn, error) {
	dialer := ws.Dialer{Protocols: subprotocols, Header: ws.HandshakeHeaderHTTP(header), ReadBufferSize: 512, WriteBufferSize: 1024}
	conn, rest, handshake, err := dialer.Dial(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", url, err)
	}
	c := &Conn{net: conn, input: conn, Subprotocol: handshake.Protocol}
	if rest != nil { // frames arrived with the handshake
		c.input = rest
	}
	return c, nil
}

// Buffer gives the connection a read buffer of n bytes, for one that receives much.
func (c *Conn) Buffer(n int) { c.input = bufio.NewReaderSize(c.input, n) }

// Read returns the next text message, in buf if it fits. It answers pings. The end
// of the connection, orderly or not, is an error.
func (c *Conn) Read(buf []byte) ([]byte, error) {
	message := buf[:0]
	for {
		header, err := ws.ReadHeader(c.input)
		if err != nil {
			return nil, err
		}
		start := len(message)
		message = append(message, make([]byte, header.Length)...)
		if _, err := io.ReadFull(c.input, message[start:]); err != nil {
			return nil, err
		}
		payload := message[start:]
		switch header.OpCode {
		case ws.OpClose:
			return nil, io.EOF
		case ws.OpPing:
			err = c.write(ws.NewPongFrame(payload))
			message = message[:start]
		case ws.OpPong:
			message = message[:start]
		default:
			if header.Fin {
				return message, nil
			}
		}
		if err != nil {
			return nil, err
		}
	}
}

// SetReadDeadline sets the deadline of all reads; the zero time removes it.
func (c *Conn) SetReadDeadline(at time.Time) error { return c.net.SetReadDeadline(at) }

// Write sends one text message. It does not change message.
func (c *Conn) Write(message []byte) error { return c.write(ws.NewTextFrame(message)) }

func (c *Conn) write(frame ws.Frame) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	buffer := writer{c.output[:0]}
	frame.Header.Masked, frame.Header.Mask = true, ws.NewMask()
	if err := ws.WriteHeader(&buffer, frame.Header); err != nil {
		return err
	}
	start := len(buffer.bytes)
	c.output = append(buffer.bytes, frame.Payload...)
	ws.Cipher(c.output[start:], frame.Header.Mask, 0)
	if err := c.net.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := c.net.Write(c.output)
	return err
}

// writer appends to a slice that is reused.
type writer struct{ bytes []byte }

func (w *writer) Write(p []byte) (int, error) {
	w.bytes = append(w.bytes, p...)
	return len(p), nil
}

// Close closes the connection without a close frame, as a lost network does.
func (c *Conn) Close() error { return c.net.Close() }
