package wire

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/maru-chat/maru/internal/chat"
)

// object is one JSON object, cut into its fields. encoding/json would replace
// invalid text by U+FFFD, take "Room" for "room" and the last of two equal
// names: here each is refused or ignored.
type object map[string]json.RawMessage

// parseObject cuts line, which must be one JSON object and nothing else.
func parseObject(line []byte) (object, error) {
	if !utf8.Valid(line) || hasLoneSurrogate(line) {
		return nil, chat.Errorf(chat.CodeInvalid, "the frame is not valid UTF-8")
	}
	if !json.Valid(line) {
		return nil, chat.Errorf(chat.CodeInvalid, "the frame is not one JSON object on one line")
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, chat.Errorf(chat.CodeInvalid, "the frame is not a JSON object")
	}
	fields := object{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, chat.Errorf(chat.CodeInvalid, "the frame is not a JSON object")
		}
		key, _ := name.(string)
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, chat.Errorf(chat.CodeInvalid, "the frame is not a JSON object")
		}
		if _, isTwice := fields[key]; isTwice {
			return nil, chat.Errorf(chat.CodeInvalid, "the frame names a field twice")
		}
		fields[key] = value
	}
	return fields, nil
}

// text returns the string in field key; false when there is none.
func (o object) text(key string) (string, bool) {
	raw, has := o[key]
	var s string
	if !has || len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}

// hasLoneSurrogate reports whether a \u escape in line stands for half a
// character: JSON allows it, UTF-8 cannot say it.
func hasLoneSurrogate(line []byte) bool {
	for {
		i := bytes.IndexByte(line, '\\')
		if i < 0 {
			return false
		}
		line = line[i:]
		unit, isUnit := escapedUnit(line)
		if !isUnit {
			line = line[min(2, len(line)):]
			continue
		}
		line = line[6:]
		if unit < 0xD800 || unit > 0xDFFF {
			continue
		}
		low, isUnit := escapedUnit(line)
		if unit >= 0xDC00 || !isUnit || low < 0xDC00 || low > 0xDFFF {
			return true
		}
		line = line[6:]
	}
}

// escapedUnit reads the UTF-16 unit of a \uXXXX at the start of s.
func escapedUnit(s []byte) (unit rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range s[2:6] {
		digit := bytes.IndexByte([]byte("0123456789abcdef"), c|0x20)
		if digit < 0 {
			return 0, false
		}
		unit = unit<<4 | rune(digit)
	}
	return unit, true
}
