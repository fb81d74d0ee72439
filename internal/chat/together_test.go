package chat_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

func TestTogether(t *testing.T) {
	first, second := errors.New("first"), errors.New("second")
	fails := func(err error) func() error { return func() error { return err } }
	for name, together := range map[string]func(...func() error) error{"AtOnce": chat.AtOnce, "InTurn": chat.InTurn} {
		t.Run(name+" runs all and reports the first error in the order of the arguments", func(t *testing.T) {
			var ran [3]bool
			err := together(
				func() error { ran[0] = true; return nil },
				func() error { ran[1] = true; return first },
				func() error { ran[2] = true; return second },
			)
			if !errors.Is(err, first) || ran != [3]bool{true, true, true} {
				t.Errorf("ran %v: %v", ran, err)
			}
		})
		t.Run(name+" has nothing to run", func(t *testing.T) {
			if err := together(); err != nil {
				t.Error(err)
			}
		})
		t.Run(name+" turns a panic into an error", func(t *testing.T) {
			err := together(fails(nil), func() error { panic("a person's words") })
			if err == nil || !strings.Contains(err.Error(), "together_test.go") || strings.Contains(err.Error(), "words") {
				t.Errorf("got %v", err)
			}
		})
	}
}
