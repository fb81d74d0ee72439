package wsserver

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

func TestHub_Evict(t *testing.T) {
	t.Parallel()
	removed := func(seq chat.Seq, user chat.UserID) *chat.EntryAppended {
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
		"follows a removal that nobody published": func(t *testing.T, h *Hub, bob *peer) {
			cid := listener(t, h, "cid", "r")
			store(h, appended("r", 1), removed(2, "bob"), appended("r", 3))
			publish(t, h, appended("r", 1), appended("r", 3))
			time.Sleep(holeWait)
			wantTold(t, bob, "r 1", "r 2")
			wantTold(t, cid, "r 1", "r 2", "r 3")
		},
		"follows a removal that nobody published, once the log can be read": func(t *testing.T, h *Hub, bob *peer) {
			store(h, removed(1, "bob"), appended("r", 2))
			h.log.(*shelf).fail(errors.New("no disk"))
			publish(t, h, appended("r", 2))
			time.Sleep(10 * retryWait)
			wantTold(t, bob)
			h.log.(*shelf).fail(nil)
			time.Sleep(retryWait)
			wantTold(t, bob, "r 1")
		},
		"follows an eviction whose entry nobody published": func(t *testing.T, h *Hub, bob *peer) {
			store(h, appended("r", 1), removed(2, "bob"))
			h.Evict(t.Context(), "r", "bob", 2)
			time.Sleep(holeWait)
			publish(t, h, appended("r", 3))
			wantTold(t, bob, "r 1", "r 2")
		},
		"follows the removal's own entry": func(t *testing.T, h *Hub, bob *peer) {
			publish(t, h, removed(1, "bob"), appended("r", 2))
			wantTold(t, bob, "r 1")
		},
		"follows a removal that an entry's append passed": func(t *testing.T, h *Hub, bob *peer) {
			third := appended("r", 3)
			third.Passed = []chat.Entry{removed(2, "bob").Entry}
			store(h, appended("r", 1), removed(2, "bob"), third)
			publish(t, h, appended("r", 1), third)
			time.Sleep(holeWait)
			wantTold(t, bob, "r 1", "r 2")
		},
		"holds for a subscription that was on its way": func(t *testing.T, h *Hub, bob *peer) {
			publish(t, h, removed(1, "bob"))
			bob.told()
			bob.subscribe(t, "r")
			publish(t, h, appended("r", 2))
			wantTold(t, bob)
		},
		"holds for one on its way to a room without listeners": func(t *testing.T, h *Hub, bob *peer) {
			store(h, appended("s", 1, of(chat.KindRemoved, "bob")), appended("s", 2))
			h.openRoom("s") // by bob, who has read that 0 is the head
			h.Evict(t.Context(), "s", "bob", 1)
			bob.subscribe(t, "s")
			publish(t, h, appended("s", 2))
			time.Sleep(holeWait)
			wantTold(t, bob, "s 1")
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
		"takes the removed out of the room in time": func(t *testing.T, h *Hub, bob *peer) {
			publish(t, h, removed(1, "bob"))
			time.Sleep(evictionLife + sweepInterval)
			bob.told()
			publish(t, h, appended("r", 2))
			wantTold(t, bob)
			if h.room("r") != nil {
				t.Error("the room is still there")
			}
			bob.subscribe(t, "r")
			publish(t, h, appended("r", 1))
			wantTold(t, bob, "r 1")
		},
		"takes the removed out for good: who joins again listens anew": func(t *testing.T, h *Hub, bob *peer) {
			publish(t, h, removed(1, "bob"), appended("r", 2, of(chat.KindJoined, "bob")), appended("r", 3))
			wantTold(t, bob, "r 1")
		},
		"spares one who joined again before the room caught up": func(t *testing.T, h *Hub, bob *peer) {
			h.Evict(t.Context(), "r", "bob", 2)
			publish(t, h, removed(2, "bob"), appended("r", 3, of(chat.KindJoined, "bob")))
			bob.subscribe(t, "r") // while the room waits for 1
			publish(t, h, appended("r", 1), appended("r", 4))
			wantTold(t, bob, "r 1", "r 2", "r 3", "r 4")
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

// Entries are published a little out of order, and some never, while bob is removed
// and joins again and bob's page keeps subscribing. It gets the entries of the times
// when bob is a member, in order, and no others.
func TestHub_Evict_at_random(t *testing.T) {
	t.Parallel()
	const entries, window, rounds = 60, 8, 100
	seed := chattest.Seed(t)
	for round := range uint64(rounds) {
		random := rand.New(rand.NewPCG(seed, round))
		log, isOut := randomLog(random, entries)
		withHub(t, 0, func(t *testing.T, h *Hub) {
			store(h, log...)
			bob := listener(t, h, "bob", "r")
			for _, e := range shuffled(random, log, window) {
				bob.subscribe(t, "r")
				if isLost := random.IntN(10) == 0 && e.Entry.Seq < entries; isLost {
					continue
				}
				if random.IntN(10) == 0 {
					time.Sleep(holeWait)
				}
				if e.Entry.Kind == chat.KindRemoved {
					h.Evict(t.Context(), "r", "bob", e.Entry.Seq)
				}
				publish(t, h, e)
			}
			time.Sleep(holeWait)
			bob.subscribe(t, "r")
			publish(t, h, appended("r", entries+1))
			isOut[entries+1] = isOut[entries]
			var last chat.Seq
			for _, what := range bob.told() {
				var seq chat.Seq
				if _, err := fmt.Sscanf(what, "r %d", &seq); err != nil {
					t.Fatal(err)
				}
				if seq <= last {
					t.Errorf("round %d: %d came after %d", round, seq, last)
				}
				if isOut[seq] {
					t.Errorf("round %d: %d reached one who was removed", round, seq)
				}
				last = seq
			}
			if isLast := last == entries+1; isLast == isOut[entries+1] {
				t.Errorf("round %d: the last entry told is %d of %d; bob is out: %t", round, last, entries+1, !isLast)
			}
		})
	}
}

// randomLog returns a log in which bob leaves and joins, and the entries at which bob
// is not a member. The last ten entries do not change bob's membership.
func randomLog(random *rand.Rand, entries chat.Seq) (log []*chat.EntryAppended, isOut map[chat.Seq]bool) {
	isOut = make(map[chat.Seq]bool)
	var isRemoved bool
	for seq := chat.Seq(1); seq <= entries; seq++ {
		changes := random.IntN(6) == 0 && seq <= entries-10
		switch {
		case changes && isRemoved:
			isRemoved = false
			log = append(log, appended("r", seq, of(chat.KindJoined, "bob")))
		case changes:
			log = append(log, appended("r", seq, of(chat.KindRemoved, "bob")))
		default:
			log = append(log, appended("r", seq))
		}
		isOut[seq] = isRemoved
		if changes && log[seq-1].Entry.Kind == chat.KindRemoved {
			isRemoved = true
		}
	}
	return log, isOut
}

// shuffled shuffles each run of window entries.
func shuffled(random *rand.Rand, log []*chat.EntryAppended, window int) []*chat.EntryAppended {
	for run := range slices.Chunk(log, window) {
		random.Shuffle(len(run), func(i, j int) { run[i], run[j] = run[j], run[i] })
	}
	return log
}
