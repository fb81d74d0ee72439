package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
)

// Encode returns the frame as one line of JSON without the line's end. HTML is
// not escaped, so that a post is no longer than its words. A frame holds nothing
// that JSON lacks, so there is no error to return.
func Encode(f ServerFrame) []byte { return encode("type", f.Type(), f) }

// EncodeClient returns a client's frame as one line of JSON, for clients
// written in Go.
func EncodeClient(f ClientFrame) []byte { return encode("action", f.Action(), f) }

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// encode writes frame's own fields after its name.
func encode(key, name string, frame any) []byte {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(frame); err != nil {
		// Unreachable: a test encodes every type of frame.
		return fmt.Appendf(nil, `{%q:"error","code":"internal","message":"not encodable"}`, key)
	}
	body := bytes.TrimRight(buf.Bytes(), "\n")
	out := make([]byte, 0, len(body)+len(key)+len(name)+len(`"":"",`))
	out = fmt.Appendf(out, `{"%s":"%s"`, key, name)
	if len(body) > len(`{}`) {
		out = append(out, ',')
	}
	return append(out, body[1:]...)
}
