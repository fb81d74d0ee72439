package httpapi

import (
	"strings"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/wire"
)

// TestRepeat shows that a request that got no answer can be sent again, whether or
// not it was carried out.
func TestRepeat(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]chattest.Fault{
		"what was not saved is done now":              chattest.NotSaved,
		"what was saved is told again, and done once": chattest.SavedButFailed,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			mina, joon := s.signUp("Mina"), s.signUp("Joon")
			s.createRoom(mina, "room", chat.Public)
			join := request{method: "POST", path: "/rooms/room/join", as: joon, body: `{"id":"e1","since":"0"}`}

			s.service.Faults.Fail(chattest.OpAppend, 1, fault)
			p, _ := s.refused(join)
			if p.Status != 503 || p.Code != chat.CodeUnavailable || strings.Contains(s.log.String(), "Joon") {
				t.Fatalf("%+v, want 503 unavailable", p)
			}
			ack := must[wire.Ack](s, join)
			if ack.Seq != 2 || ack.Existed != (fault == chattest.SavedButFailed) {
				t.Errorf("sent again: %+v, want entry 2", ack)
			}
			page := must[wire.EntriesListed](s, request{method: "GET", path: "/rooms/room/entries", as: joon})
			if len(page.Entries) != 2 {
				t.Errorf("the room has %d entries, want 2", len(page.Entries))
			}
		})
	}
}
