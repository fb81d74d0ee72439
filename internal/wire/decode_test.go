package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

func TestDecodeClient(t *testing.T) {
	t.Parallel()

	read := func(t *testing.T, line string) wire.ClientFrame {
		t.Helper()
		frame, _, err := wire.DecodeClient([]byte(line))
		if err != nil {
			t.Fatalf("DecodeClient(%s): %v", line, err)
		}
		return frame
	}
	want := &wire.Typing{}
	want.Ref, want.Room = "1", "r"

	t.Run("decodes a frame with any white space and escapes", func(t *testing.T) {
		t.Parallel()
		for _, line := range []string{
			`{"action":"typing","ref":"1","room":"r"}`,
			" { \"action\"\t: \"typing\" , \"ref\" : \"1\" , \"room\" : \"r\" }\r",
			`{"\u0061ction":"typ\u0069ng","ref":"\u0031","room":"r"}`,
			`{"room":"r","ref":"1","action":"typing"}`,
		} {
			if diff := cmp.Diff(want, read(t, line)); diff != "" {
				t.Errorf("%s\n%s", line, diff)
			}
		}
	})

	t.Run("ignores unknown fields, and names are case-sensitive", func(t *testing.T) {
		t.Parallel()
		line := `{"action":"typing","ref":"1","room":"r","Room":"other","later":{"a":[1,"}",{"b":"\"]"}]},"n":-1.5e3}`
		if diff := cmp.Diff(want, read(t, line)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("takes null for absent", func(t *testing.T) {
		t.Parallel()
		frame := read(t, `{"action":"join","ref":null,"room":"r","cursor":null,"whole":null}`)
		if join := frame.(*wire.Join); join.Cursor != nil || join.Ref != "" {
			t.Errorf("read %+v", join)
		}
	})

	t.Run("keeps text as it was sent, pairs of surrogates and HTML too", func(t *testing.T) {
		t.Parallel()
		frame := read(t, `{"action":"send","room":"r","id":"e","since":"0","text":"\ud83d\ude00<b>&\u2028\\u0041"}`)
		if got := frame.(*wire.Send).Text; got != "😀<b>&\u2028\\u0041" {
			t.Errorf("text = %q", got)
		}
	})

	t.Run("echoes the ref of a frame that it refuses", func(t *testing.T) {
		t.Parallel()
		_, ref, err := wire.DecodeClient([]byte(`{"action":"later","ref":"7"}`))
		if ref != "7" || chat.CodeOf(err) != chat.CodeInvalid || !strings.Contains(err.Error(), "unknown action") {
			t.Errorf("ref %q, %v", ref, err)
		}
	})

	t.Run("names the field that is malformed inside, and does not echo unknown names", func(t *testing.T) {
		t.Parallel()
		for line, want := range map[string]string{
			`{"action":"heartbeat","ref":"7","cursors":{"r":"0","r":"0"}}`:     "cursors holds a name twice",
			`{"action":"heartbeat","ref":"7","cursors":{"r":null}}`:            "cursors holds null",
			`{"action":"typing","ref":"7","room":"r","x":[{"y":1,"y":2}]}`:     "an unknown field holds a name twice",
			`{"action":"heartbeat","ref":"7","cursors":{"r":"0","s":{"t":0}}}`: "cursors has the wrong type",
		} {
			_, ref, err := wire.DecodeClient([]byte(line))
			var refused *chat.Error
			if !errors.As(err, &refused) || refused.Msg != want || ref != "7" {
				t.Errorf("%s\nref %q, %v; want %q", line, ref, err, want)
			}
		}
	})

	t.Run("accepts one name in several objects, and null inside unknown fields", func(t *testing.T) {
		t.Parallel()
		line := `{"action":"typing","ref":"1","room":"r","x":{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":null}},"room2":{"room":1}}`
		if diff := cmp.Diff(want, read(t, line)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("accepts 64 fields", func(t *testing.T) {
		t.Parallel()
		read(t, `{"action":"typing","room":"r"`+furtherFields(wire.MaxFields-2)+`}`)
	})

	for name, line := range map[string]string{
		"nothing":                        ``,
		"more than 64 fields":            `{"action":"typing","room":"r"` + furtherFields(wire.MaxFields-1) + `}`,
		"a list":                         `[]`,
		"a string":                       `"typing"`,
		"half an object":                 `{"action":"typing"`,
		"something after the object":     `{"action":"typing","room":"r"}x`,
		"two objects":                    `{"action":"typing","room":"r"} {}`,
		"a field named twice":            `{"action":"typing","room":"r","room":"s"}`,
		"a field named twice, escaped":   `{"action":"typing","room":"r","r\u006fom":"s"}`,
		"an unknown field named twice":   `{"action":"typing","room":"r","x":1,"x":1}`,
		"a name twice in a map":          `{"action":"heartbeat","cursors":{"r":"0","r":"0"}}`,
		"a name twice in a map, escaped": `{"action":"heartbeat","cursors":{"r":"0","\u0072":"0"}}`,
		"a name twice in an object":      `{"action":"typing","room":"r","x":{"a":1,"a":1}}`,
		"a name twice, deep":             `{"action":"typing","room":"r","x":[0,{"a":[{}, {"b" : "}", "c":[], "b" : 1}]}]}`,
		"null in a map":                  `{"action":"heartbeat","cursors":{"r":"0","s":null}}`,
		"null in a list":                 `{"action":"send","room":"r","id":"e","since":"0","text":"x","mentions":["u", null ]}`,
		"no action":                      `{"room":"r"}`,
		"an action that is no string":    `{"action":["typing"],"room":"r"}`,
		"an action in capitals":          `{"action":"TYPING","room":"r"}`,
		"a missing field":                `{"action":"typing"}`,
		"a number where text is due":     `{"action":"typing","room":1}`,
		"a fraction where a seq is due":  `{"action":"delete","room":"r","id":"e","since":"0","post":1.5}`,
		"a seq beyond 64 bits":           `{"action":"delete","room":"r","id":"e","since":"0","post":9223372036854775808}`,
		"a cursor without a tag":         `{"action":"entries","room":"r","cursor":"12"}`,
		"a cursor that is a number":      `{"action":"entries","room":"r","cursor":0}`,
		"a bad cursor among good ones":   `{"action":"heartbeat","cursors":{"a":"0","b":"x"}}`,
		"a ref that is no string":        `{"action":"typing","room":"r","ref":1}`,
		"a long ref":                     `{"action":"typing","room":"r","ref":"` + strings.Repeat("r", wire.MaxRef+1) + `"}`,
		"bytes that are not UTF-8":       "{\"action\":\"typing\",\"room\":\"\xc3\x28\"}",
		"an escaped half of a character": `{"action":"typing","room":"\ud83d"}`,
		"the halves in the wrong order":  `{"action":"typing","room":"\ude00\ud83d"}`,
		"a raw control character":        "{\"action\":\"typing\",\"room\":\"\x00\"}",
		"deep nesting":                   `{"action":"typing","room":"r","x":` + strings.Repeat("[", 15000) + strings.Repeat("]", 15000) + `}`,
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			frame, _, err := wire.DecodeClient([]byte(line))
			if chat.CodeOf(err) != chat.CodeInvalid || frame != nil {
				t.Errorf("DecodeClient(%.100s) = %v, %v", line, frame, err)
			}
		})
	}
}

func furtherFields(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, `,"x%d":0`, i)
	}
	return text.String()
}

func TestDecodeServer(t *testing.T) {
	t.Parallel()
	t.Run("passes a type that it does not know as Unknown", func(t *testing.T) {
		t.Parallel()
		got, err := wire.DecodeServer([]byte(`{"type":"later.happened","x":1}`))
		if diff := cmp.Diff(&wire.Unknown{Name: "later.happened"}, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
	for name, line := range map[string]string{
		"no JSON": `{`, "no type": `{"room":"r"}`, "a missing field": `{"type":"room.lost"}`,
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			if _, err := wire.DecodeServer([]byte(line)); chat.CodeOf(err) != chat.CodeInvalid {
				t.Errorf("DecodeServer(%s): %v", line, err)
			}
		})
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	t.Run("splits a message at line ends and skips blank lines", func(t *testing.T) {
		t.Parallel()
		got, err := wire.Lines([]byte("{}\r\n\n  \n {\"a\":1}"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([][]byte{[]byte("{}"), []byte(`{"a":1}`)}, got); diff != "" {
			t.Error(diff)
		}
	})
	for name, c := range map[string]struct {
		message []byte
		want    chat.Code
	}{
		"takes 32 KB":         {message: bytes.Repeat([]byte("x"), wire.MaxMessage)},
		"refuses a byte more": {bytes.Repeat([]byte("x"), wire.MaxMessage+1), chat.CodeTooLarge},
		"takes 128 frames":    {message: bytes.Repeat([]byte("x\n"), wire.MaxFrames)},
		"refuses one more":    {bytes.Repeat([]byte("x\n"), wire.MaxFrames+1), chat.CodeTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := wire.Lines(c.message); chat.CodeOf(err) != c.want {
				t.Errorf("Lines: %v", err)
			}
		})
	}
}

// A frame that is decoded, encoded and decoded again is the same; any other line is
// refused with CodeInvalid, and nothing panics.
func FuzzDecodeClient(f *testing.F) {
	for _, frame := range wire.ClientFrames() {
		fill(frame)
		f.Add(wire.EncodeClient(frame))
	}
	for _, line := range []string{
		``, `{}`, `{"action":1}`, `{"action":"join","room":"\ud800"}`, `{"action":"join","x":[{"]":"\\"}]}`,
		`{"action":"send","room":"r","id":"e","since":"1.00000000","text":"\u2028\\u2028"}`,
		"{\"action\":\"join\"\t,\"room\" :\r\"r\" }", `{"a":1,"a":2}`, `[{"action":"join"}]`,
		`{"action":"heartbeat","cursors":{"r":null,"s":"0","s":"0"},"x":[{"a":{"b":[]},"a":{}}]}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		frame, ref, err := wire.DecodeClient(line)
		if err != nil {
			if chat.CodeOf(err) != chat.CodeInvalid || frame != nil {
				t.Fatalf("refused with %v and %v", frame, err)
			}
			return
		}
		if ref != frame.Reference() || !utf8.Valid(line) || !json.Valid(line) {
			t.Fatalf("accepted %q with ref %q", line, ref)
		}
		written := wire.EncodeClient(frame)
		again, _, err := wire.DecodeClient(written)
		if err != nil {
			t.Fatalf("%q was written as %q: %v", line, written, err)
		}
		if diff := cmp.Diff(frame, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%q was written as %q\n%s", line, written, diff)
		}
	})
}

func FuzzDecodeServer(f *testing.F) {
	for _, frame := range wire.ServerFrames() {
		fill(frame)
		f.Add(wire.Encode(frame))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		frame, err := wire.DecodeServer(line)
		if err != nil {
			return
		}
		if _, isUnknown := frame.(*wire.Unknown); isUnknown {
			return
		}
		again, err := wire.DecodeServer(wire.Encode(frame))
		if err != nil {
			t.Fatalf("%q was written as %q: %v", line, wire.Encode(frame), err)
		}
		if diff := cmp.Diff(frame, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%q was written as %q\n%s", line, wire.Encode(frame), diff)
		}
	})
}
