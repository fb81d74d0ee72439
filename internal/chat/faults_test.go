package chat_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

// TestService_faults lets calls of the store fail by chance, saved or not, while
// people send each command again until it is answered. Then each command is in
// the log once, at the seq that was answered.
func TestService_faults(t *testing.T) {
	t.Parallel()
	seed := chattest.Seed(t)
	for round := range uint64(20) {
		storm(t, seed+round)
	}
}

func storm(t *testing.T, seed uint64) {
	t.Helper()
	var faults *chattest.FaultStore
	h := newHouse(t, chat.Public, func(p *chat.Ports) {
		faults = chattest.NewFaultStore(p.Log.(*chattest.Memory))
		p.Log, p.Rooms, p.Members, p.Marks, p.Accounts, p.Search = faults, faults, faults, faults, faults, faults
	})
	posts := []chat.Seq{h.send("ann", "first"), h.send("bob", "second")}
	random := rand.New(rand.NewPCG(seed, 0))
	faults.FailRandomly(seed, 0.3)
	answered := map[chat.EntryID]chat.Seq{}
	for i := range 60 {
		author := []chat.UserID{"ann", "bob", "mod"}[random.IntN(3)]
		w := h.write(author)
		post := posts[random.IntN(len(posts))]
		written := insist(t, seed, func() (chat.Written, error) {
			switch i % 4 {
			case 0:
				return h.Send(t.Context(), author, chat.Send{Write: w, Text: fmt.Sprint("post ", i), Mentions: []chat.UserID{"olga"}})
			case 1:
				return h.React(t.Context(), author, chat.React{Write: w, Post: post, Emoji: "👍"})
			case 2:
				return h.Unreact(t.Context(), author, chat.React{Write: w, Post: post, Emoji: "👍"})
			default:
				return h.SetTopic(t.Context(), "mod", chat.Topic{Write: w, Text: fmt.Sprint("topic ", i)})
			}
		})
		if written.Entry != nil {
			answered[w.ID] = written.Seq
		}
	}
	faults.Drop()
	page, err := h.Memory.Read(t.Context(), hall, chat.Cursor{}, chat.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]chat.Seq{}
	for i, e := range page.Entries {
		name := string(e.Author) + "/" + string(e.ID)
		if e.Seq != chat.Seq(i+1) || seen[name] != 0 {
			t.Errorf("MARU_SEED=%d: entry %d has seq %d; %s was at %d", seed, i+1, e.Seq, name, seen[name])
		}
		seen[name] = e.Seq
		if at, isAnswered := answered[e.ID]; isAnswered && at != e.Seq {
			t.Errorf("MARU_SEED=%d: %s was answered as %d and stands at %d", seed, e.ID, at, e.Seq)
		}
		delete(answered, e.ID)
	}
	if len(answered) > 0 {
		t.Errorf("MARU_SEED=%d: answered but not in the log: %v", seed, answered)
	}
}

// insist repeats a command until its outcome is known.
func insist(t *testing.T, seed uint64, do func() (chat.Written, error)) chat.Written {
	t.Helper()
	for range 200 {
		w, err := do()
		if err == nil {
			return w
		}
		if chat.CodeOf(err) != chat.CodeUnavailable {
			t.Fatalf("MARU_SEED=%d: %v", seed, err)
		}
	}
	t.Fatalf("MARU_SEED=%d: not answered in 200 attempts", seed)
	return chat.Written{}
}
