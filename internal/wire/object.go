package wire

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/maru-chat/maru/internal/chat"
)

// object is one JSON object, split into its fields in their order. encoding/json
// would replace invalid text by U+FFFD, take "Room" for "room", and keep the last
// of two fields with one name; here they are refused or ignored.
type object []member

// usualFields is how many fields most frames of a client have at most.
const usualFields = 8

type member struct {
	name  string
	value json.RawMessage // a part of the line, valid JSON
}

// StrictObject checks one JSON object as a frame is checked, for callers that then
// decode it with encoding/json. It returns the object with only the fields whose
// names consist of a-z, 0-9 and _, as all of Maru's do, so that encoding/json
// cannot take "NAME" for "name". All errors are CodeInvalid.
func StrictObject(text []byte) ([]byte, error) {
	fields, err := parseObject(bytes.Trim(text, blanks))
	if err != nil {
		return nil, err
	}
	if _, isRepeated := fields.nestedRepeat(); isRepeated {
		return nil, errNamedTwice
	}
	strict := make([]byte, 0, len(text))
	for _, m := range fields {
		if strings.Trim(m.name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			continue
		}
		strict = append(strict, ',', '"')
		strict = append(strict, m.name...)
		strict = append(strict, '"', ':')
		strict = append(strict, m.value...)
	}
	if len(strict) == 0 {
		return []byte("{}"), nil
	}
	strict[0] = '{'
	return append(strict, '}'), nil
}

var errNamedTwice error = chat.Errorf(chat.CodeInvalid, "the JSON names a field twice")

// parseObject splits line, which must be one JSON object and nothing else. It does
// not look into nested objects; see [object.nestedRepeat].
func parseObject(line []byte) (object, error) {
	if !utf8.Valid(line) || hasLoneSurrogate(line) {
		return nil, chat.Errorf(chat.CodeInvalid, "the JSON is not valid UTF-8")
	}
	if !json.Valid(line) {
		return nil, chat.Errorf(chat.CodeInvalid, "the text is not one JSON object")
	}
	s := scanner{line}
	if s.next() != '{' {
		return nil, chat.Errorf(chat.CodeInvalid, "the text is not a JSON object")
	}
	fields := make(object, 0, usualFields)
	for s.skip(); s.more(); {
		name := s.name()
		switch {
		case fields.value(name) != nil:
			return nil, errNamedTwice
		case len(fields) == MaxFields:
			return nil, chat.Errorf(chat.CodeInvalid, "the JSON has more than %d fields", MaxFields)
		}
		fields = append(fields, member{name, s.value()})
	}
	return fields, nil
}

// nestedRepeat returns the name of a field whose value holds, at any depth, an
// object in which a name occurs twice; false if there is none.
func (o object) nestedRepeat() (name string, isRepeated bool) {
	for _, m := range o {
		if s := (scanner{m.value}); isNested(m.value[0]) && s.repeatsName() {
			return m.name, true
		}
	}
	return "", false
}

// holdsNull reports whether an item of the list, or a value of the object, is
// null. encoding/json would leave a zero value in its place.
func holdsNull(raw json.RawMessage) bool {
	if !isNested(raw[0]) {
		return false
	}
	s := scanner{raw}
	for s.skip(); s.more(); {
		if string(s.value()) == "null" { // which no name is: names have quotes
			return true
		}
	}
	return false
}

// isNested reports whether a value that starts with first is an object or a list.
func isNested(first byte) bool { return first == '{' || first == '[' }

// value returns the value of the field, nil if there is none.
func (o object) value(name string) json.RawMessage {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// text returns the string in the field; false if there is none.
func (o object) text(name string) (string, bool) {
	raw := o.value(name)
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	return text(raw), true
}

// text reads a JSON string that is known to be valid.
func text(raw json.RawMessage) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	_ = json.Unmarshal(raw, &s) // valid JSON, and a string by its quote
	return s
}

// blanks is the white space of JSON.
const blanks = " \t\r\n"

// scanner walks over JSON that is known to be valid.
type scanner struct{ rest []byte }

// next skips white space and returns the byte that follows, without consuming it.
func (s *scanner) next() byte {
	s.rest = bytes.TrimLeft(s.rest, blanks)
	return s.rest[0]
}

// skip consumes one byte.
func (s *scanner) skip() { s.rest = s.rest[1:] }

// more consumes the comma or colon before the next name, value or item of an object
// or a list. At the end it consumes the closing bracket and returns false.
func (s *scanner) more() bool {
	switch s.next() {
	case '}', ']':
		s.skip()
		return false
	case ',', ':':
		s.skip()
	}
	return true
}

// name consumes the name that follows, with its colon, and returns it.
func (s *scanner) name() string {
	name := text(s.value())
	s.next()
	s.skip()
	return name
}

// repeatsName consumes the value that follows, an object or a list or inside one,
// and reports whether a name occurs twice in one of its objects. It reads each byte
// once, however deep the value is.
func (s *scanner) repeatsName() bool {
	first := s.next()
	if !isNested(first) {
		s.value()
		return false
	}
	var names map[string]bool
	if first == '{' {
		names = map[string]bool{}
	}
	for s.skip(); s.more(); {
		if first == '{' {
			name := s.name()
			if names[name] {
				return true
			}
			names[name] = true
		}
		if s.repeatsName() {
			return true
		}
	}
	return false
}

// value consumes the value that follows and returns it.
func (s *scanner) value() json.RawMessage {
	n := 0
	switch s.next() {
	case '"':
		n = stringLen(s.rest)
	case '{', '[':
		n = nestedLen(s.rest)
	default:
		n = bytes.IndexAny(s.rest, ",}]"+blanks)
	}
	value := s.rest[:n:n]
	s.rest = s.rest[n:]
	return value
}

// stringLen is the length of the string at the start of text, quotes included.
func stringLen(text []byte) int {
	n := 1
	for text[n] != '"' {
		if text[n] == '\\' {
			n++
		}
		n++
	}
	return n + 1
}

// nestedLen is the length of the object or list at the start of text.
func nestedLen(text []byte) int {
	depth := 0
	for n := 0; ; n++ {
		switch text[n] {
		case '"':
			n += stringLen(text[n:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return n + 1
			}
		}
	}
}

// hasLoneSurrogate reports whether a \u escape in line stands for half of a
// surrogate pair, which JSON allows and UTF-8 cannot encode.
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
