package wire

import (
	"bytes"
	"encoding/json"
	"sync"
)

// Encode returns the frame as one line of JSON without the line's end. HTML is
// not escaped, which would make a post longer than its words. There is no error
// to return: every frame can be encoded.
func Encode(f ServerFrame) []byte { return encode("type", f.Type(), f) }

// EncodeClient returns a client's frame as one line of JSON, for clients
// written in Go.
func EncodeClient(f ClientFrame) []byte { return encode("action", f.Action(), f) }

// Len returns how many bytes v takes inside a frame.
func Len(v any) int {
	w := writers.Get().(*writer)
	defer writers.Put(w)
	return len(w.json(v))
}

// encode returns an object with the frame's name and then its fields.
func encode(key, name string, frame any) []byte {
	w := writers.Get().(*writer)
	defer writers.Put(w)
	b := append(w.out[:0], `{"`...)
	b = append(b, key...)
	b = append(b, `":"`...)
	b = append(b, name...)
	b = append(b, '"')
	switch f := frame.(type) {
	case *EntryAppended:
		b = w.entryAppended(b, f)
	case *Ack:
		b = w.ack(b, f)
	default:
		if body := w.json(frame); len(body) > len(`{}`) {
			b = append(append(b, ','), body[1:len(body)-1]...)
		}
	}
	w.out = append(b, '}')
	return bytes.Clone(w.out)
}

// writer is a JSON encoder with its buffer, for one use at a time.
type writer struct {
	buf bytes.Buffer // what enc writes
	enc *json.Encoder
	out []byte // the frame
}

var writers = sync.Pool{New: func() any {
	w := &writer{}
	w.enc = json.NewEncoder(&w.buf)
	w.enc.SetEscapeHTML(false)
	return w
}}

// json returns v's JSON, which is good until the writer is used again.
func (w *writer) json(v any) []byte {
	w.buf.Reset()
	if err := w.enc.Encode(v); err != nil {
		return []byte("{}") // unreachable: a test encodes every field of every frame
	}
	return unescapeSeparators(bytes.TrimRight(w.buf.Bytes(), "\n"))
}

// unescapeSeparators writes U+2028 and U+2029 as themselves, in place.
// encoding/json escapes them for JavaScript older than 2019, at twice the
// length: 4,000 of them would not fit in a frame.
func unescapeSeparators(text []byte) []byte {
	if !bytes.Contains(text, []byte(`\u202`)) {
		return text
	}
	out := text[:0]
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return append(out, text...)
		}
		out = append(out, text[:i]...)
		text = text[i:]
		switch {
		case bytes.HasPrefix(text, []byte(`\u2028`)):
			out, text = append(out, "\u2028"...), text[6:]
		case bytes.HasPrefix(text, []byte(`\u2029`)):
			out, text = append(out, "\u2029"...), text[6:]
		default:
			out, text = append(out, text[:2]...), text[2:]
		}
	}
}
