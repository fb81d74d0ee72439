package chat_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

// epoch is where the clock of a house begins.
var epoch = time.Date(2026, time.March, 3, 9, 0, 0, 0, time.UTC)

// house is a service on memory with people and one room in it.
type house struct {
	*chat.Service
	Memory   *chattest.Memory
	Audience *chattest.Audience
	Limiter  *refusals
	Clock    *chattest.Clock

	t    *testing.T
	ids  chattest.IDs
	room chat.RoomID
}

// refusals is a limiter that refuses the keys in waits. It counts how often each
// key was taken and keeps the last rate.
type refusals struct {
	mu    sync.Mutex
	waits map[string]time.Duration
	taken map[string]int
	rates map[string]chat.Rate
}

func (r *refusals) Refuse(key string, wait time.Duration) { r.waits[key] = wait }

func (r *refusals) Take(_ context.Context, key string, rate chat.Rate) (time.Duration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken[key]++
	r.rates[key] = rate
	return r.waits[key], nil
}

const hall chat.RoomID = "hall"

// newHouse has the users olga (owner of the room), mod (moderator), ann and bob
// (members), rea (reader) and eve (no member).
func newHouse(t *testing.T, visibility chat.Visibility, change func(*chat.Ports)) *house {
	t.Helper()
	h := &house{
		Memory: chattest.NewMemory(), Clock: chattest.NewClock(epoch), t: t, room: hall,
		Limiter: &refusals{waits: map[string]time.Duration{}, taken: map[string]int{}, rates: map[string]chat.Rate{}},
	}
	h.Audience = chattest.NewAudience(h.Clock.Now)
	ports := chat.Ports{
		Log: h.Memory, Rooms: h.Memory, Members: h.Memory, Marks: h.Memory, Accounts: h.Memory, Search: h.Memory,
		Subscriptions: h.Audience, Audience: h.Audience, Limiter: h.Limiter,
	}
	if change != nil {
		change(&ports)
	}
	h.Service = chat.NewService(ports, h.Clock.Now, h.ids.New)
	for _, user := range []chat.UserID{"olga", "mod", "ann", "bob", "rea", "eve"} {
		h.user(user)
	}
	h.must(h.Create(t.Context(), "olga", chat.Create{Write: h.write("olga"), Title: "Hall", Visibility: visibility}))
	for _, c := range []chat.AddMember{
		{User: "mod", Role: chat.RoleModerator},
		{User: "ann", Role: chat.RoleMember},
		{User: "bob", Role: chat.RoleMember},
		{User: "rea", Role: chat.RoleReader},
	} {
		c.Write = h.write("olga")
		h.must(h.AddMember(t.Context(), "olga", c))
	}
	return h
}

func (h *house) user(id chat.UserID) {
	h.t.Helper()
	_, err := h.Memory.SaveUser(h.t.Context(), chat.User{ID: id, Name: "name of " + string(id), CreatedAt: epoch})
	if err != nil {
		h.t.Fatal(err)
	}
}

// write names a new entry whose author has read everything.
func (h *house) write(author chat.UserID) chat.Write {
	return chat.Write{Room: h.room, ID: chat.EntryID(string(author) + "-" + h.ids.New()), Since: h.head()}
}

func (h *house) head() chat.Cursor {
	h.t.Helper()
	heads, err := h.Memory.Heads(h.t.Context(), []chat.RoomID{h.room})
	if err != nil {
		h.t.Fatal(err)
	}
	return heads[0].Cursor
}

// must returns what was written and fails the test on an error.
func (h *house) must(w chat.Written, err error) chat.Written {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	return w
}

// refused fails the test unless the command was refused with the code and
// nothing was written.
func (h *house) refused(before chat.Cursor, want chat.Code, _ chat.Written, err error) {
	h.t.Helper()
	if got := chat.CodeOf(err); got != want {
		h.t.Errorf("got %v, want %s", err, want)
	}
	if now := h.head(); now != before {
		h.t.Errorf("the log went from %s to %s", before, now)
	}
}

// send posts the text and returns the post's seq.
func (h *house) send(author chat.UserID, text string) chat.Seq {
	h.t.Helper()
	return h.must(h.Send(h.t.Context(), author, chat.Send{Write: h.write(author), Text: text})).Seq
}

func (h *house) post(seq chat.Seq) chat.Post {
	h.t.Helper()
	post, err := h.Memory.Post(h.t.Context(), h.room, seq)
	if err != nil {
		h.t.Fatal(err)
	}
	return post
}

func (h *house) member(user chat.UserID) chat.Member {
	h.t.Helper()
	members, err := h.Memory.FindMembers(h.t.Context(), h.room, user)
	if err != nil {
		h.t.Fatal(err)
	}
	return members[0]
}

// interleaved is a Log that lets something happen between a decision and its
// append.
type interleaved struct {
	chat.Log
	before func(*chat.Draft)
}

func (l *interleaved) Append(ctx context.Context, d *chat.Draft, s *chat.Scanned) (chat.Appended, error) {
	if l.before != nil {
		l.before(d)
	}
	return l.Log.Append(ctx, d, s)
}

// newRace returns a house and a function race. What race is given runs once,
// between the next decision and its append.
func newRace(t *testing.T, visibility chat.Visibility) (h *house, race func(before func())) {
	t.Helper()
	log := &interleaved{}
	h = newHouse(t, visibility, func(p *chat.Ports) { log.Log, p.Log = p.Log, log })
	return h, func(before func()) {
		log.before = func(*chat.Draft) {
			log.before = nil
			before()
		}
	}
}
