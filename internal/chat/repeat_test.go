package chat_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

// TestService_repeated lets each write of each use case fail: not saved, saved but
// reported as failed, or saved only after the caller has repeated it. The caller
// repeats the same call, and then what is stored, what was answered and who was
// told are as if it had been done once.
func TestService_repeated(t *testing.T) {
	t.Parallel()
	for name, begin := range deeds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, told, calls := doneOnce(t, begin)
			if len(calls) == 0 {
				t.Fatal("it writes nothing that could fail")
			}
			for _, op := range chattest.Writes {
				for nth := 1; nth <= calls[op]; nth++ {
					for rule, fault := range map[string]chattest.Fault{
						"not saved": chattest.NotSaved, "saved but failed": chattest.SavedButFailed, "saved late": chattest.Undecided,
					} {
						t.Run(fmt.Sprintf("%s %d %s", op, nth, rule), func(t *testing.T) {
							repeat(t, begin, want, told, func(faults *chattest.FaultStore) { faults.Fail(op, nth, fault) })
						})
					}
				}
			}
		})
	}
}

// doneOnce does the deed without faults. It returns what the deed leaves, what it
// tells, and how often it calls each write.
func doneOnce(t *testing.T, begin deed) (picture, []chattest.Delivery, map[chattest.Op]int) {
	t.Helper()
	h, faults := newFaultyHouse(t)
	do, calls := begin(h), map[chattest.Op]int{}
	h.Audience.Reset()
	for _, op := range chattest.Writes {
		calls[op] = -faults.Calls(op)
	}
	done, err := do()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range chattest.Writes {
		if calls[op] += faults.Calls(op); calls[op] == 0 {
			delete(calls, op)
		}
	}
	return h.picture(done), h.told(), calls
}

// told returns the calls of Tell and Evict so far that matter to clients: not
// those after all connections of a user were closed, and not those to classic
// users, whose clients know one room only.
func (h *house) told() []chattest.Delivery {
	var told []chattest.Delivery
	closed := map[chat.UserID]bool{}
	for _, d := range h.Audience.Delivered() {
		if _, isEntry := d.Event.(*chat.EntryAppended); !isEntry && !closed[d.User] && !d.User.IsClassic() {
			told = append(told, d)
		}
		if _, isOut := d.Event.(chat.SignedOut); isOut {
			closed[d.User] = true
		}
	}
	return told
}

func repeat(t *testing.T, begin deed, want picture, told []chattest.Delivery, fail func(*chattest.FaultStore)) {
	t.Helper()
	h, faults := newFaultyHouse(t)
	do := begin(h)
	h.Audience.Reset()
	fail(faults)
	if _, err := do(); chat.CodeOf(err) != chat.CodeUnavailable {
		t.Fatalf("the first call: %v, want %s", err, chat.CodeUnavailable)
	}
	done, err := do()
	if err != nil {
		t.Fatalf("the second call: %v", err)
	}
	faults.Land()
	// A repeated deed that changes a user saves the user once more.
	if diff := cmp.Diff(want, h.picture(done), cmpopts.IgnoreFields(chat.User{}, "Version")); diff != "" {
		t.Errorf("(-done once +failed and repeated):\n%s", diff)
	}
	isOfIt := func(d chattest.Delivery) bool {
		appended, isEntry := d.Event.(*chat.EntryAppended)
		return isEntry && d.Room == done.room && appended.Entry.Seq == done.seq
	}
	if done.seq > 0 && !slices.ContainsFunc(h.Audience.Delivered(), isOfIt) {
		t.Errorf("entry %d of %s was published to nobody", done.seq, done.room)
	}
	for _, want := range told {
		if !slices.ContainsFunc(h.told(), func(d chattest.Delivery) bool { return cmp.Equal(d, want) }) {
			t.Errorf("not told: %+v", want)
		}
	}
}

// newFaultyHouse returns a house over a FaultStore. Ann has a room, the den, and a
// post in the hall, to which bob has reacted and which is pinned.
func newFaultyHouse(t *testing.T) (h *house, faults *chattest.FaultStore) {
	t.Helper()
	h = newHouse(t, chat.Public, func(p *chat.Ports) {
		faults = chattest.NewFaultStore(p.Log.(*chattest.Memory))
		p.Log, p.Rooms, p.Members, p.Marks, p.Accounts, p.Search = faults, faults, faults, faults, faults, faults
	})
	h.must(h.Create(t.Context(), "ann", chat.Create{Write: chat.Write{Room: "den"}, Title: "Den", Visibility: chat.Private}))
	if seq := h.send("ann", "first"); seq != firstPost {
		t.Fatalf("the first post is entry %d", seq)
	}
	h.must(h.React(t.Context(), "bob", chat.React{Write: h.write("bob"), Post: firstPost, Emoji: "👍"}))
	h.must(h.Pin(t.Context(), "mod", chat.Pin{Write: h.write("mod"), Post: firstPost}))
	h.Audience.Reset()
	return h, faults
}

const firstPost chat.Seq = 6

// picture is all that the store holds of a house, and what a deed answered.
type picture struct {
	Seq    chat.Seq
	User   chat.User
	Ticket chat.Ticket
	Post   chat.Post
	Rooms  map[chat.RoomID]pictureOfRoom
	Users  map[chat.UserID]pictureOfUser
}

type pictureOfRoom struct {
	Room    chat.Room
	Entries []chat.Entry
	Members []chat.Member
}

type pictureOfUser struct {
	User     chat.User
	Marks    map[chat.RoomID]chat.Mark
	Mentions []chat.Mention
}

// picture leaves out ids that the server makes: each call makes new ones.
func (h *house) picture(done outcome) picture {
	h.t.Helper()
	p := picture{
		Seq: done.seq, User: h.pictureOfUser(done.user).User, Post: h.post(firstPost),
		Rooms: map[chat.RoomID]pictureOfRoom{}, Users: map[chat.UserID]pictureOfUser{},
	}
	p.User.ID = ""
	if done.secret != "" {
		var err error
		if p.Ticket, err = h.Memory.Ticket(h.t.Context(), chat.HashTicket(done.secret)); err != nil {
			h.t.Fatal(err)
		}
		p.Ticket.Hash = ""
	}
	for _, room := range []chat.RoomID{hall, "den", done.room} {
		p.Rooms[room] = h.pictureOfRoom(room)
	}
	for _, user := range []chat.UserID{"olga", "mod", "ann", "bob", "rea", "eve"} {
		p.Users[user] = h.pictureOfUser(user)
	}
	return p
}

func (h *house) pictureOfRoom(id chat.RoomID) pictureOfRoom {
	h.t.Helper()
	var p pictureOfRoom
	if id == "" {
		return p
	}
	rooms, roomErr := h.Memory.FindRooms(h.t.Context(), id)
	page, readErr := h.Memory.Read(h.t.Context(), id, chat.Cursor{}, chat.MaxPage)
	members, listErr := h.Memory.ListMembers(h.t.Context(), id, "", chat.MaxPage)
	if err := errors.Join(roomErr, readErr, listErr); err != nil {
		h.t.Fatal(err)
	}
	p.Room, p.Entries, p.Members = rooms[0], page.Entries, members
	for i := range p.Entries {
		if e := &p.Entries[i]; strings.HasPrefix(string(e.ID), "id-") { // chattest.IDs
			e.ID = ""
		}
	}
	return p
}

func (h *house) pictureOfUser(id chat.UserID) pictureOfUser {
	h.t.Helper()
	user, userErr := h.Memory.User(h.t.Context(), id)
	marks, marksErr := h.Memory.Marks(h.t.Context(), id)
	mentions, mentionsErr := h.Memory.Mentions(h.t.Context(), id, chat.Mention{}, chat.MaxPage)
	if err := errors.Join(userErr, marksErr, mentionsErr); err != nil {
		h.t.Fatal(err)
	}
	return pictureOfUser{User: user, Marks: marks, Mentions: mentions}
}

// TestService_RedeemLink_onceAtMost shows the one call that cannot be repeated.
// Whoever redeems a code is not known yet, so the same device cannot be told from
// another one. Rather than let two devices in, a code whose answer was lost is
// used up, and the user asks for another code.
func TestService_RedeemLink_onceAtMost(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		fault chattest.Fault
		want  chat.Code
	}{
		"a use that was not saved is still there": {chattest.NotSaved, ""},
		"a use that was saved is gone":            {chattest.SavedButFailed, chat.CodeNotFound},
		"a use that lands late lets no second in": {chattest.Undecided, ""},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			h, faults := newFaultyHouse(t)
			redeem := func(secret string) (chat.User, error) { return h.RedeemLink(t.Context(), "192.0.2.1", secret) }
			secret, _, err := h.LinkDevice(t.Context(), "ann")
			h.ok(err)
			faults.Fail(chattest.OpUseTicket, 1, c.fault)
			if _, err := redeem(secret); chat.CodeOf(err) != chat.CodeUnavailable {
				t.Fatalf("the first call: %v, want %s", err, chat.CodeUnavailable)
			}
			if user, err := redeem(secret); chat.CodeOf(err) != c.want || err == nil && user.ID != "ann" {
				t.Errorf("the second call: %+v, %v, want %q", user, err, c.want)
			}
			faults.Land()
			if _, err := redeem(secret); chat.CodeOf(err) != chat.CodeNotFound {
				t.Errorf("another device: %v, want %s", err, chat.CodeNotFound)
			}
			if left, err := h.Memory.Ticket(t.Context(), chat.HashTicket(secret)); err != nil || left.UsesLeft != 0 {
				t.Errorf("the code has %d uses left, %v", left.UsesLeft, err)
			}
			next, _, err := h.LinkDevice(t.Context(), "ann")
			h.ok(err)
			if user, err := redeem(next); err != nil || user.ID != "ann" {
				t.Errorf("the next code: %+v, %v", user, err)
			}
		})
	}
}
