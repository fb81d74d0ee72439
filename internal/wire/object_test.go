package wire_test

import (
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

func TestStrictObject(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{}`:                                   `{}`,
		" {\"a\" : 1 }\n":                      `{"a":1}`,
		`{"name":"a","n_2":{"B":[1]}}`:         `{"name":"a","n_2":{"B":[1]}}`,
		`{"NAME":"x","name":"a","Name":"y"}`:   `{"name":"a"}`,
		`{"\u006eame":"a"}`:                    `{"name":"a"}`,
		"{\"\u017fecret\":1,\"to\u212aen\":2}": `{}`, // letters that fold to s and k
		`{"name":"\ud83c\udf5c"}`:              `{"name":"\ud83c\udf5c"}`,
	} {
		got, err := wire.StrictObject([]byte(text))
		if err != nil || string(got) != want {
			t.Errorf("StrictObject(%s) = %s, %v; want %s", text, got, err, want)
		}
	}
	for rule, text := range map[string]string{
		"nothing":              "",
		"half an object":       `{"a":`,
		"a list":               `[]`,
		"two objects":          `{}{}`,
		"invalid UTF-8":        "{\"a\":\"\xff\"}",
		"half a character":     `{"a":"\ud800x"}`,
		"a name twice":         `{"a":1,"a":2}`,
		"a name twice, hidden": `{"a":1,"\u0061":2}`,
		"a name twice, nested": `{"a":[{"b":1,"b":2}]}`,
	} {
		if got, err := wire.StrictObject([]byte(text)); chat.CodeOf(err) != chat.CodeInvalid {
			t.Errorf("%s: %s, %v; want %s", rule, got, err, chat.CodeInvalid)
		}
	}
}
