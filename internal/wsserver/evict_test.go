package wsserver

import (
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

func TestHub_Evict(t *testing.T) {
	t.Parallel()
	removed := func(seq chat.Seq, user chat.UserID) chat.EntryAppended {
		return appended("r", seq, of(chat.KindRemoved, user))
	}
	rules := map[string]func(t *testing.T, h *Hub, bob *peer){
		"lets the removed have their removal and nothing after": func(t *testing.T, h *Hub, bob *peer) {
			h.Evict(t.Context(), "r", "bob", 2)
			publish(t, h, appended("r", 1), removed(2, "bob"), appended("r", 3))
			wantTold(t, bob, "r 1", "r 2")
		},
		"holds when the entries come before it, in any order": func(t *testing.T, h *Hub, bob *peer) {
			publish(t, h, appended("r", 3), appended("r", 1))
			h.Evict(t.Context(), "r", "bob", 2)
			publish(t, h, removed(2, "bob"))
			wantTold(t, bob, "r 1", "r 2")
		},
		"follows the removal's own entry": func(t *testing.T, h *Hub, bob *peer) {
			publish(t, h, removed(1, "bob"), appended("r", 2))
			wantTold(t, bob, "r 1")
		},
		"follows a removal that an entry's append passed": func(t *testing.T, h *Hub, bob *peer) {
			third := appended("r", 3)
			third.Passed = []chat.Entry{removed(2, "bob").Entry}
			publish(t, h, appended("r", 1), third)
			time.Sleep(holeWait)
			wantTold(t, bob, "r 1")
		},
		"holds for a subscription that was on its way": func(t *testing.T, h *Hub, bob *peer) {
			publish(t, h, removed(1, "bob"))
			bob.told()
			bob.subscribe(t, "r")
			publish(t, h, appended("r", 2))
			wantTold(t, bob)
		},
		"holds for one on its way to a room without listeners": func(t *testing.T, h *Hub, bob *peer) {
			h.Evict(t.Context(), "s", "bob", 7)
			bob.subscribe(t, "s")
			publish(t, h, appended("s", 8))
			wantTold(t, bob)
		},
		"ends when the user joins again": func(t *testing.T, h *Hub, bob *peer) {
			publish(t, h, removed(1, "bob"), appended("r", 2, of(chat.KindJoined, "bob")))
			bob.told()
			bob.subscribe(t, "r")
			publish(t, h, appended("r", 3))
			wantTold(t, bob, "r 3")
		},
		"is not done again when the removal is sent again": func(t *testing.T, h *Hub, bob *peer) {
			publish(t, h, removed(1, "bob"), appended("r", 2, of(chat.KindJoined, "bob")))
			bob.told()
			bob.subscribe(t, "r")
			h.Evict(t.Context(), "r", "bob", 1)
			publish(t, h, removed(1, "bob"), appended("r", 3))
			wantTold(t, bob, "r 3")
		},
		"is forgotten in time": func(t *testing.T, h *Hub, bob *peer) {
			h.Evict(t.Context(), "r", "bob", 5) // whose entry is never published
			time.Sleep(evictionLife + sweepInterval)
			publish(t, h, appended("r", 6))
			wantTold(t, bob, "opcode 9 ") // a ping
			h.heads = newest(6)
			bob.subscribe(t, "r")
			publish(t, h, appended("r", 7))
			wantTold(t, bob, "r 7")
		},
		"keeps the others": func(t *testing.T, h *Hub, bob *peer) {
			cid, dan := listener(t, h, "cid", "r"), listener(t, h, "dan", "r")
			publish(t, h, appended("r", 1, of(chat.KindLeft, "cid")), appended("r", 2))
			wantTold(t, bob, "r 1", "r 2")
			wantTold(t, cid, "r 1")
			wantTold(t, dan, "r 1", "r 2")
			if err := h.Unsubscribe(t.Context(), dan.id, "r"); err != nil { // found, although it was moved
				t.Fatal(err)
			}
			publish(t, h, appended("r", 3))
			wantTold(t, bob, "r 3")
			wantTold(t, dan)
		},
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withHub(t, 0, func(t *testing.T, h *Hub) { rule(t, h, listener(t, h, "bob", "r")) })
		})
	}
}
