package wire

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"iter"
	"reflect"
	"slices"
	"strings"

	"github.com/maru-chat/maru/internal/chat"
)

// Lines splits a message into its frames and skips blank lines. It fails with
// CodeTooLarge when the message is longer than MaxMessage or holds more than
// MaxFrames.
func Lines(message []byte) ([][]byte, error) {
	if len(message) > MaxMessage {
		return nil, chat.Errorf(chat.CodeTooLarge, "a message has at most %d bytes", MaxMessage)
	}
	var lines [][]byte
	for line := range bytes.Lines(message) {
		if line = bytes.Trim(line, blanks); len(line) > 0 {
			lines = append(lines, line)
		}
	}
	if len(lines) > MaxFrames {
		return nil, chat.Errorf(chat.CodeTooLarge, "a message holds at most %d frames", MaxFrames)
	}
	return lines, nil
}

// DecodeClient decodes a client's frame from one line. Errors are CodeInvalid, with
// a text that names the field at fault. With an error too, it returns the ref if it
// could be read, so that the refusal can echo it.
func DecodeClient(line []byte) (frame ClientFrame, ref string, err error) {
	fields, err := parseObject(line)
	if err != nil {
		return nil, "", err
	}
	ref, _ = fields.text("ref")
	if len(ref) > MaxRef {
		return nil, "", chat.Errorf(chat.CodeInvalid, "ref is longer than %d bytes", MaxRef)
	}
	action, has := fields.text("action")
	if !has {
		return nil, ref, chat.Errorf(chat.CodeInvalid, "action is missing or not a string")
	}
	decode, isKnown := clientDecoders[action]
	if !isKnown {
		return nil, ref, chat.Errorf(chat.CodeInvalid, "unknown action")
	}
	decoded, err := decode.read(fields)
	if err != nil {
		return nil, ref, err
	}
	return decoded.(ClientFrame), ref, nil
}

// DecodeServer decodes a server's frame from one line, for clients written in Go.
// A type that this version does not know is an [*Unknown].
func DecodeServer(line []byte) (ServerFrame, error) {
	fields, err := parseObject(line)
	if err != nil {
		return nil, err
	}
	name, has := fields.text("type")
	if !has {
		return nil, chat.Errorf(chat.CodeInvalid, "type is missing or not a string")
	}
	decode, isKnown := serverDecoders[name]
	if !isKnown {
		return &Unknown{Name: name}, nil
	}
	decoded, err := decode.read(fields)
	if err != nil {
		return nil, err
	}
	return decoded.(ServerFrame), nil
}

// decoder decodes one kind of frame.
type decoder struct {
	frame  reflect.Type
	fields []field
}

// field is one field of a frame, in embedded structs too.
type field struct {
	name       string
	index      []int
	isRequired bool
}

var (
	clientDecoders = decodersOf(ClientFrames(), ClientFrame.Action)
	serverDecoders = decodersOf(ServerFrames(), ServerFrame.Type)
)

func decodersOf[F any](frames []F, name func(F) string) map[string]decoder {
	table := make(map[string]decoder, len(frames))
	for _, f := range frames {
		frame := reflect.TypeOf(f).Elem()
		table[name(f)] = decoder{frame: frame, fields: fieldsOf(frame)}
	}
	return table
}

// fieldsOf lists the fields of a frame. A field without omitempty is required.
func fieldsOf(frame reflect.Type) []field {
	var fields []field
	for _, f := range reflect.VisibleFields(frame) {
		tag, isTagged := f.Tag.Lookup("json")
		if !isTagged {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		fields = append(fields, field{name: name, index: f.Index, isRequired: options == ""})
	}
	return fields
}

// read decodes the frame. A field that is null counts as absent.
func (d decoder) read(from object) (any, error) {
	if name, isRepeated := from.nestedRepeat(); isRepeated {
		if !slices.ContainsFunc(d.fields, func(f field) bool { return f.name == name }) {
			name = "an unknown field" // what was sent is not echoed
		}
		return nil, chat.Errorf(chat.CodeInvalid, "%s holds a name twice", name)
	}
	frame := reflect.New(d.frame)
	for _, f := range d.fields {
		raw := from.value(f.name)
		if raw == nil || string(raw) == "null" {
			if f.isRequired {
				return nil, chat.Errorf(chat.CodeInvalid, "%s is missing", f.name)
			}
			continue
		}
		if err := f.set(frame.Elem().FieldByIndex(f.index), raw); err != nil {
			return nil, err
		}
	}
	return frame.Interface(), nil
}

// set decodes raw into the field.
func (f field) set(to reflect.Value, raw json.RawMessage) error {
	if to.Kind() == reflect.String && raw[0] == '"' {
		to.SetString(text(raw))
		return nil
	}
	if holdsNull(raw) && (to.Kind() == reflect.Map || to.Kind() == reflect.Slice) {
		return chat.Errorf(chat.CodeInvalid, "%s holds null", f.name)
	}
	err := unmarshal(raw, to.Addr().Interface())
	var known *chat.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return chat.Errorf(known.Code, "%s is %s", f.name, known.Msg)
	default:
		return chat.Errorf(chat.CodeInvalid, "%s has the wrong type", f.name)
	}
}

// unmarshal is json.Unmarshal with a short way for what reads itself from a text.
func unmarshal(raw json.RawMessage, into any) error {
	if into, isText := into.(encoding.TextUnmarshaler); isText && raw[0] == '"' {
		return into.UnmarshalText([]byte(text(raw)))
	}
	return json.Unmarshal(raw, into)
}

// Frames yields what [DecodeServer] makes of each line of a message, for
// clients written in Go.
func Frames(message []byte) iter.Seq2[ServerFrame, error] {
	return func(yield func(ServerFrame, error) bool) {
		for line := range bytes.Lines(message) {
			if frame, err := DecodeServer(line); !yield(frame, err) {
				return
			}
		}
	}
}
