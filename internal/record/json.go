package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/maru-chat/maru/internal/chat"
)

// Marshal returns the canonical bytes of e: one line, without a line break. It
// fails with CodeInternal for an unknown kind, an invalid seq or id, or text that
// is not UTF-8: Unmarshal would not read these back as e.
func Marshal(e *chat.Entry) ([]byte, error) {
	r := Of(e)
	if err := r.check(); err != nil {
		return nil, err
	}
	if !r.isUTF8() {
		return nil, broken("entry %d of room %s is not UTF-8", e.Seq, e.Room)
	}
	line, err := encode(&r)
	if err != nil {
		return nil, chat.Wrap(err, chat.CodeInternal, fmt.Sprintf("encode entry %d of room %s", e.Seq, e.Room))
	}
	return line, nil
}

// Unmarshal parses what Marshal wrote. It fails with CodeInternal on another
// version, an unknown kind or field, and on anything that is not canonical.
func Unmarshal(line []byte) (chat.Entry, error) {
	var version struct {
		V int `json:"v"`
	}
	if err := json.Unmarshal(line, &version); err != nil {
		return chat.Entry{}, chat.Wrap(err, chat.CodeInternal, "decode entry")
	}
	// The version comes first: a newer one may have fields unknown here.
	if version.V != Version {
		return chat.Entry{}, broken("version %d of an entry; this program reads version %d", version.V, Version)
	}
	var r Entry
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return chat.Entry{}, chat.Wrap(err, chat.CodeInternal, "decode entry")
	}
	e, err := r.Entry()
	if err != nil {
		return chat.Entry{}, err
	}
	canonical, err := encode(&r)
	if err != nil {
		return chat.Entry{}, chat.Wrap(err, chat.CodeInternal, "decode entry")
	}
	if !bytes.Equal(canonical, line) {
		return chat.Entry{}, broken("entry %d of room %s is not in canonical form", r.Seq, r.Room)
	}
	return e, nil
}

func encode(r *Entry) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// isUTF8 reports whether all strings of r are UTF-8, except those that check has
// validated. encoding/json would silently replace invalid bytes.
func (r *Entry) isUTF8() bool {
	texts := []string{
		r.Text, r.Emoji, string(r.User), r.Name, string(r.Role), string(r.Was),
		r.Title, string(r.Visibility),
	}
	for _, user := range r.Mentions {
		texts = append(texts, string(user))
	}
	for _, f := range r.Founders {
		texts = append(texts, string(f.User), f.Name, string(f.Role))
	}
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return false
		}
	}
	return true
}

func broken(format string, args ...any) error {
	return chat.Wrap(fmt.Errorf(format, args...), chat.CodeInternal, "record")
}
