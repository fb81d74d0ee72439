package wsserver

import (
	"testing"
	"time"
)

// spellOf is some looks in a row, each of which finds the same.
type spellOf struct {
	looks    int
	every    time.Duration
	messages int
	prompt   int
}

func TestPace_note(t *testing.T) {
	t.Parallel()
	many := spellOf{looks: 100, every: time.Millisecond, messages: 2}
	cases := map[string]struct {
		looks []spellOf
		want  bool
	}{
		"waits at first":                          {[]spellOf{{looks: 1, messages: 1000}}, false},
		"waits while messages come now and then":  {[]spellOf{{looks: 100, every: 20 * time.Millisecond, messages: 3}}, false},
		"waits while few come":                    {[]spellOf{{looks: 100, every: 2 * time.Millisecond, messages: 1}}, false},
		"pauses while many come":                  {[]spellOf{many}, true},
		"goes on while many come in each pause":   {[]spellOf{many, {looks: 100, every: pauseFor, messages: 8}}, true},
		"waits when few come any more":            {[]spellOf{many, {looks: 10, every: pauseFor}}, false},
		"waits after a long silence":              {[]spellOf{many, {looks: 1, every: time.Minute, messages: 50}}, false},
		"waits while most come promptly":          {[]spellOf{{looks: 100, every: time.Millisecond, messages: 16, prompt: 10}}, false},
		"pauses while some come promptly":         {[]spellOf{{looks: 100, every: time.Millisecond, messages: 16, prompt: 3}}, true},
		"waits once those who wait for it return": {[]spellOf{many, {looks: 100, every: pauseFor, messages: 16, prompt: 16}}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p pace
			var now time.Duration
			var got bool
			for _, s := range c.looks {
				for range s.looks {
					now += s.every
					got = p.note(now, s.messages, s.prompt)
				}
			}
			if got != c.want {
				t.Errorf("may pause: %t, want %t", got, c.want)
			}
		})
	}
}
