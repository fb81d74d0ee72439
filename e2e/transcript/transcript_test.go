package transcript

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want, got string
		says            string // a part of the refusal; "" when it matches
	}{
		{"takes what is equal", `{"a":[1,"x",null,true]}`, `{"a":[1,"x",null,true]}`, ""},
		{"refuses another number", `{"a":1}`, `{"a":2}`, "a is 2, want 1"},
		{"refuses another text", `{"a":"x"}`, `{"a":"y"}`, `a is y, want "x"`},
		{"refuses a missing field", `{"a":1}`, `{}`, "a is missing"},
		{"refuses a field too many", `{"a":1}`, `{"a":1,"b":2}`, "b was not expected"},
		{"lets an open object have more", `{"a":1,...}`, `{"a":1,"b":2}`, ""},
		{"refuses a shorter array", `[1,2]`, `[1]`, "has 1 elements, want 2"},
		{"refuses another order", `[1,2]`, `[2,1]`, "[0] is 2, want 1"},
		{"lets a set have any order", `["<set>",1,2]`, `[2,1]`, ""},
		{"refuses a set with another element", `["<set>",1,2]`, `[2,3]`, "no order fits"},
		{"pairs a set so that all fit", `["<set>","<any>",1]`, `[1,2]`, ""},
		{"holds a variable to its first value", `["$x","$x"]`, `[1,2]`, "is 2, want 1"},
		{"takes a variable twice", `["$x","$x"]`, `["a","a"]`, ""},
		{"knows variables that were set", `{"$known":"is $known"}`, `{"here":"is here"}`, ""},
		{"refuses a text with an unknown variable", `"hello $nobody"`, `"hello"`, "$nobody is not known yet"},
		{"takes a cursor of a seq", `"<cursor:12>"`, `"12.0123abcd"`, ""},
		{"refuses a cursor of another seq", `"<cursor:12>"`, `"11.0123abcd"`, "want a cursor of seq 12"},
		{"refuses what is no cursor", `"<cursor>"`, `"0"`, "want <cursor>"},
		{"refuses a time in seconds", `"<time>"`, `1795360626`, "want <time>"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			want, err := parsePattern(test.want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := parseJSON([]byte(test.got))
			if err != nil {
				t.Fatal(err)
			}
			err = match(want, got, values{"known": "here"})
			if test.says == "" && err != nil {
				t.Error(err)
			}
			if test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
				t.Errorf("says %v, want %q", err, test.says)
			}
		})
	}
}

func TestMatchSet_keepsNothingOfAFailedTrial(t *testing.T) {
	t.Parallel()
	vars := values{}
	want := []any{map[string]any{"id": "$x", "kind": "b"}}
	got := []any{map[string]any{"id": "1", "kind": "a"}}
	if err := matchSet(want, got, vars); err == nil {
		t.Error("another kind was taken")
	}
	if diff := cmp.Diff(values{}, vars); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for script, says := range map[string]string{
		"dance":                     `x:1: unknown word "dance"`,
		"\nuser":                    "x:2: has 0 arguments",
		"< alice {":                 "unexpected EOF",
		"@ - GET /":                 "want 1",
		"@ - GET\n= 200":            "want @ USER",
		"@ - GET /\n= fine":         "want = STATUS",
		"let x times 3 y":           "want let",
		"< alice {\"a\":1} {}":      "more than one value",
		"user alice\nconnect a b c": "x:2: has 3 arguments",
	} {
		if _, err := Parse("x", script); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: says %v, want %q", script, err, says)
		}
	}
}

// nowhere is a home that cannot be reached.
type nowhere struct{}

func (nowhere) URL() string                   { return "http://127.0.0.1:1" }
func (nowhere) ClassicSocket() string         { return "ws://127.0.0.1:1" }
func (nowhere) Operator() string              { return "" }
func (nowhere) Restart(context.Context) error { return errors.New("there is nothing to restart") }

func TestScript_Run_namesTheLineThatFailed(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"# a comment\nuser alice":    "x:2: user alice",
		"> alice {}":                 "alice is not open",
		"< alice {}":                 "alice is not open",
		"restart":                    "nothing to restart",
		"@ bob GET /\n= 200":         "bob is no user",
		"@ - GET /$where\n= 200":     "$where is not known yet",
		"let x repeat 2 y\nclosed x": "x is not open",
	} {
		script, err := Parse("x", text)
		if err != nil {
			t.Fatal(err)
		}
		if err := script.Run(t.Context(), nowhere{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: says %v, want %q", text, err, says)
		}
	}
}
