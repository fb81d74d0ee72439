package wire

import (
	"strconv"
	"unicode/utf8"

	"github.com/maru-chat/maru/internal/chat"
)

// Every post needs two frames, the push and the acknowledgement. They are written
// here field by field, as encoding/json would write them (a test compares both):
// that walks over their types by reflection, which takes longer.

// entryAppended appends the fields of a frame, each with the comma before it.
func (w *writer) entryAppended(b []byte, f *EntryAppended) []byte {
	b = w.text(b, `,"room":`, string(f.Room))
	b = w.entry(append(b, `,"entry":{`...), &f.Entry)
	return append(b, '}')
}

// ack is like entryAppended.
func (w *writer) ack(b []byte, f *Ack) []byte {
	b = w.textIfAny(b, `,"ref":`, f.Ref)
	b = w.textIfAny(b, `,"room":`, string(f.Room))
	b = intIfAny(b, `,"seq":`, int64(f.Seq))
	if f.Cursor != nil {
		b = w.text(b, `,"cursor":`, chat.Cursor(*f.Cursor).String())
	}
	b = intIfAny(b, `,"at":`, int64(f.At))
	return trueIfSo(b, `,"existed":`, f.Existed)
}

func (w *writer) entry(b []byte, e *Entry) []byte {
	b = appendInt(b, `"seq":`, int64(e.Seq))
	b = w.text(b, `,"cursor":`, chat.Cursor(e.Cursor).String())
	b = appendInt(b, `,"at":`, int64(e.At))
	b = w.text(b, `,"author":`, string(e.Author))
	b = w.text(b, `,"id":`, string(e.ID))
	b = w.text(b, `,"kind":`, string(e.Kind))
	b = appendInt(b, `,"posts":`, e.Posts)
	b = appendInt(b, `,"alls":`, e.Alls)

	b = w.textIfAny(b, `,"text":`, e.Text)
	b = intIfAny(b, `,"reply_to":`, int64(e.ReplyTo))
	if len(e.Mentions) > 0 {
		b = w.value(b, `,"mentions":`, e.Mentions)
	}
	b = trueIfSo(b, `,"all":`, e.All)
	b = intIfAny(b, `,"post":`, int64(e.Post))
	b = w.textIfAny(b, `,"emoji":`, e.Emoji)
	b = w.textIfAny(b, `,"user":`, string(e.User))
	b = w.textIfAny(b, `,"name":`, e.Name)
	b = w.textIfAny(b, `,"role":`, string(e.Role))
	b = w.textIfAny(b, `,"was":`, string(e.Was))
	b = w.textIfAny(b, `,"title":`, e.Title)
	b = w.textIfAny(b, `,"visibility":`, string(e.Visibility))
	if len(e.Founders) > 0 {
		b = w.value(b, `,"founders":`, e.Founders)
	}
	return b
}

// text appends a name and a string. A string that JSON does not take as it is, which
// is rare, is left to encoding/json.
func (w *writer) text(b []byte, name, s string) []byte {
	if !isPlain(s) {
		return w.value(b, name, s)
	}
	b = append(b, name...)
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			return false
		}
	}
	return utf8.ValidString(s)
}

func (w *writer) textIfAny(b []byte, name, s string) []byte {
	if s == "" {
		return b
	}
	return w.text(b, name, s)
}

// value appends a name and the JSON of v.
func (w *writer) value(b []byte, name string, v any) []byte {
	return append(append(b, name...), w.json(v)...)
}

func appendInt(b []byte, name string, n int64) []byte {
	return strconv.AppendInt(append(b, name...), n, 10)
}

func intIfAny(b []byte, name string, n int64) []byte {
	if n == 0 {
		return b
	}
	return appendInt(b, name, n)
}

func trueIfSo(b []byte, name string, is bool) []byte {
	if !is {
		return b
	}
	return append(append(b, name...), "true"...)
}
