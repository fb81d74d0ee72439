package wsserver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

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

// incoming makes messages of the bytes that a peer sends, however they are cut. It
// holds memory only for what has come of an unfinished message.
type incoming struct {
	rest         []byte // read, and not used yet
	fragments    []byte // the payloads of a message whose last frame has not come
	isFragmented bool
	isBroken     bool // the peer broke the protocol: what follows is discarded
}

// inbox is what reading takes for a moment.
type inbox struct {
	buf     [ws.MaxHeaderSize + maxText]byte // has space for the longest frame
	header  bytes.Reader
	scratch [ws.MaxHeaderSize]byte
}

var inboxes = sync.Pool{New: func() any { return new(inbox) }}

// next returns the next message, which the caller may keep. It calls read for more
// bytes as long as the message is not complete, and returns read's error: a later
// call goes on from there. An io.EOF within a message becomes io.ErrUnexpectedEOF.
// After a *ProtocolError it discards everything that read returns.
func (in *incoming) next(read func([]byte) (int, error)) (Message, error) {
	box := inboxes.Get().(*inbox)
	defer inboxes.Put(box)
	// Messages that came together are taken from where they lie: to move for each what
	// follows it would take time that grows with the square of their number.
	m, used, err := in.parse(box, in.rest)
	in.rest = in.rest[used:]
	if err == nil && m.Kind == "" {
		m, err = in.more(box, read)
	}
	if _, isBreach := err.(*ProtocolError); isBreach {
		in.isBroken, in.rest = true, nil
	}
	if len(in.rest) == 0 {
		in.rest = nil // with the memory behind it
	}
	return m, err
}

// more reads until a message is complete. What has come is less than a frame.
func (in *incoming) more(box *inbox, read func([]byte) (int, error)) (Message, error) {
	n := copy(box.buf[:], in.rest)
	for {
		got, err := read(box.buf[n:])
		n += got
		if err != nil {
			in.rest = bytes.Clone(box.buf[:n])
			return Message{}, in.ended(err)
		}
		m, used, err := in.parse(box, box.buf[:n])
		if err != nil || m.Kind != "" {
			in.rest = bytes.Clone(box.buf[used:n])
			return m, err
		}
		n = copy(box.buf[:], box.buf[used:n])
	}
}

func (in *incoming) ended(err error) error {
	if errors.Is(err, io.EOF) && !in.isBroken && (in.isFragmented || len(in.rest) > 0) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// parse takes frames from the front of p until a message is complete, and returns
// how many bytes it used. The message has no kind if its end is not in p.
func (in *incoming) parse(box *inbox, p []byte) (m Message, used int, err error) {
	if in.isBroken {
		return Message{}, len(p), nil
	}
	for m.Kind == "" {
		h, size, err := in.header(box, p[used:])
		end := used + size + int(h.Length)
		if err != nil || size == 0 || end > len(p) {
			return Message{}, used, err
		}
		payload := p[used+size : end]
		ws.Cipher(payload, h.Mask, 0)
		used = end
		if m, err = in.add(h, payload); err != nil {
			return Message{}, used, err
		}
	}
	return m, used, nil
}

// header returns the header at the front of p and its size, 0 if not all of it has
// come. It refuses what is not accepted.
func (in *incoming) header(box *inbox, p []byte) (h ws.Header, size int, err error) {
	box.header.Reset(p)
	h, err = ws.ReadHeaderBuffer(&box.header, box.scratch[:])
	switch {
	case errors.Is(err, ws.ErrHeaderLengthMSB), errors.Is(err, ws.ErrHeaderLengthUnexpected):
		return h, 0, &ProtocolError{ws.StatusProtocolError, err.Error()}
	case err != nil: // it has not come
		return ws.Header{}, 0, nil
	}
	// Not ws.HeaderSize: a peer may write a length in a longer form than it needs.
	return h, len(p) - box.header.Len(), in.check(h)
}

func (in *incoming) check(h ws.Header) error {
	state := ws.StateServerSide
	if in.isFragmented {
		state = state.Set(ws.StateFragmented)
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return &ProtocolError{ws.StatusProtocolError, err.Error()}
	}
	if h.OpCode == ws.OpBinary {
		return &ProtocolError{ws.StatusUnsupportedData, "only text messages are taken"}
	}
	if h.OpCode.IsData() && h.Length > int64(maxText-len(in.fragments)) {
		return &ProtocolError{ws.StatusMessageTooBig, "a message has at most 32768 bytes"}
	}
	return nil
}

// add returns the message that the frame completes, one without a kind if it is a
// fragment that is not the last.
func (in *incoming) add(h ws.Header, payload []byte) (Message, error) {
	if h.OpCode.IsControl() {
		return Message{Kind: controlKinds[h.OpCode], Data: bytes.Clone(payload)}, nil
	}
	in.isFragmented = !h.Fin
	if !h.Fin {
		in.fragments = append(in.fragments, payload...)
		return Message{}, nil
	}
	text := bytes.Join([][]byte{in.fragments, payload}, nil)
	in.fragments = nil
	if !utf8.Valid(text) {
		return Message{}, &ProtocolError{ws.StatusInvalidFramePayloadData, "text is not UTF-8"}
	}
	return Message{Kind: MessageText, Data: text}, nil
}
