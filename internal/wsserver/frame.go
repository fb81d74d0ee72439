package wsserver

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// maxText bounds the text of one message in both directions: that of a frame
// of API Gateway, so that both homes carry the same.
const maxText = 32 << 10

// frame is one encoded WebSocket frame. It is shared by all who receive it and
// never changed.
type frame []byte

// Sizes of the headers that a server sends, RFC 6455 section 5.2.
const (
	shortHeader  = 2
	longHeader   = 4
	maxShortText = 125
)

// textFrame frames one line of text of at most maxText bytes.
func textFrame(line []byte) frame {
	header := shortHeader
	if len(line) > maxShortText {
		header = longHeader
	}
	f := make(frame, header+len(line))
	copy(f[header:], line)
	putTextHeader(f)
	return f
}

// putTextHeader writes the header of a text frame that fills f.
func putTextHeader(f []byte) {
	f[0] = 0x80 | byte(ws.OpText)
	if len(f) <= shortHeader+maxShortText {
		f[1] = byte(len(f) - shortHeader)
		return
	}
	f[1] = 126
	binary.BigEndian.PutUint16(f[2:longHeader], uint16(len(f)-longHeader))
}

// controlFrame frames a ping, a pong or a close; it cuts the payload to the 125
// bytes that are allowed.
func controlFrame(op ws.OpCode, payload []byte) frame {
	payload = payload[:min(len(payload), ws.MaxControlFramePayloadSize)]
	return append(frame{0x80 | byte(op), byte(len(payload))}, payload...)
}

func (f frame) isText() bool { return f[0] == 0x80|byte(ws.OpText) }

// text returns the text of a text frame.
func (f frame) text() []byte {
	if f[1] == 126 {
		return f[longHeader:]
	}
	return f[shortHeader:]
}

// batch collects the texts of several frames into one, joined by newlines. The
// zero batch is empty; its buffer is kept from one use to the next.
type batch struct{ buf []byte }

func (b *batch) reset() { b.buf = append(b.buf[:0], make([]byte, longHeader)...) }

// add appends a text and reports whether it fitted.
func (b *batch) add(text []byte) bool {
	isFirst := len(b.buf) == longHeader
	if !isFirst && len(b.buf)-longHeader+1+len(text) > maxText {
		return false
	}
	if !isFirst {
		b.buf = append(b.buf, '\n')
	}
	b.buf = append(b.buf, text...)
	return true
}

// frame returns the collected frame, valid until the next reset.
func (b *batch) frame() frame {
	f := b.buf
	if len(f)-longHeader <= maxShortText {
		f = f[longHeader-shortHeader:]
	}
	putTextHeader(f)
	return f
}
