package chat_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

// TestService_reading tries every way to read a room. Each says that a private
// room does not exist to those who may not read it.
func TestService_reading(t *testing.T) {
	t.Parallel()
	reads := map[string]func(h *house, user chat.UserID, room chat.RoomID) error{
		"Entries": func(h *house, user chat.UserID, room chat.RoomID) error {
			_, err := h.Entries(h.t.Context(), user, room, chat.Cursor{}, 10)
			return err
		},
		"History": func(h *house, user chat.UserID, room chat.RoomID) error {
			_, err := h.History(h.t.Context(), user, room, 0, 10)
			return err
		},
		"Post": func(h *house, user chat.UserID, room chat.RoomID) error {
			_, _, err := h.Service.Post(h.t.Context(), user, room, 6)
			return err
		},
		"MemberList": func(h *house, user chat.UserID, room chat.RoomID) error {
			_, err := h.MemberList(h.t.Context(), user, room, "", 10)
			return err
		},
		"Find": func(h *house, user chat.UserID, room chat.RoomID) error {
			_, err := h.Find(h.t.Context(), user, room, chat.Query{Text: "word", Limit: 10})
			return err
		},
		"OneRoom": func(h *house, user chat.UserID, room chat.RoomID) error {
			_, err := h.OneRoom(h.t.Context(), user, room)
			return err
		},
		"Present": func(h *house, user chat.UserID, room chat.RoomID) error {
			_, _, err := h.Present(h.t.Context(), user, room)
			return err
		},
		"MarkRead": func(h *house, user chat.UserID, room chat.RoomID) error {
			return h.MarkRead(h.t.Context(), user, room, chat.Cursor{})
		},
	}
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range []struct {
				visibility chat.Visibility
				user       chat.UserID
				want       chat.Code
			}{
				{chat.Private, "rea", ""},
				{chat.Private, "eve", chat.CodeNotFound},
				{chat.Public, "eve", ""},
				{chat.Public, "ghost", chat.CodeUnauthenticated},
			} {
				h := newHouse(t, c.visibility, nil)
				h.send("ann", "word")
				if err := read(h, c.user, hall); chat.CodeOf(err) != c.want {
					t.Errorf("%s in a %s room: %v, want %q", c.user, c.visibility, err, c.want)
				}
				if err := read(h, c.user, "a/b"); c.want == "" && chat.CodeOf(err) != chat.CodeInvalid {
					t.Errorf("of no id: %v", err)
				}
				h.Limiter.Refuse("reads:"+string(c.user), time.Second)
				if err := read(h, c.user, hall); c.want == "" && chat.CodeOf(err) != chat.CodeRateLimited {
					t.Errorf("too often: %v", err)
				}
			}
		})
	}
}

func TestService_Entries_names(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Private, nil)
	h.send("ann", "hi")
	page, err := h.Entries(t.Context(), "rea", hall, chat.Cursor{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	var named []chat.UserID
	for _, m := range page.Names {
		named = append(named, m.User)
	}
	if diff := cmp.Diff([]chat.UserID{"ann", "bob", "mod", "olga", "rea"}, named); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	for _, limit := range []int{0, -1, chat.MaxPage + 1} {
		if _, err := h.Entries(t.Context(), "rea", hall, chat.Cursor{}, limit); chat.CodeOf(err) != chat.CodeInvalid {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
}

func TestService_Find_looksOnlyWhereTheCallerMayRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Private, nil)
	h.send("ann", "짬뽕 먹자")
	query := chat.Query{Text: "짬뽕", Limit: 10}
	for user, want := range map[chat.UserID]int{"rea": 1, "eve": 0} {
		if found, err := h.Find(t.Context(), user, "", query); err != nil || len(found.Posts) != want {
			t.Errorf("%s found %+v, %v", user, found, err)
		}
	}
	h.must(h.React(t.Context(), "bob", chat.React{Write: h.write("bob"), Post: h.send("mod", "짬뽕?"), Emoji: "👍"}))
	found, err := h.Find(t.Context(), "rea", "", query)
	if err != nil {
		t.Fatal(err)
	}
	names := map[chat.UserID]string{}
	for _, m := range found.Names {
		names[m.User] = string(m.Room) + ": " + m.Name
	}
	shown := map[chat.UserID]string{"ann": "hall: name of ann", "mod": "hall: name of mod", "bob": "hall: name of bob"}
	if diff := cmp.Diff(shown, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	for rule, q := range map[string]chat.Query{
		"blank":     {Text: " \u3164", Limit: 10},
		"no limit":  {Text: "x"},
		"not UTF-8": {Text: "\xff", Limit: 10},
		"too long":  {Text: string(make([]byte, chat.MaxQuery+1)), Limit: 10},
	} {
		if _, err := h.Find(t.Context(), "rea", "", q); chat.CodeOf(err) != chat.CodeInvalid {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestService_unread(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Private, nil)
	unread := func(user chat.UserID) chat.Unread {
		t.Helper()
		rooms, err := h.MyRooms(t.Context(), user)
		if err != nil {
			t.Fatal(err)
		}
		return rooms[0].Unread
	}
	first := h.must(h.Send(t.Context(), "ann", chat.Send{Write: h.write("ann"), Text: "@bob", Mentions: []chat.UserID{"bob"}}))
	h.send("ann", "two")
	h.must(h.Delete(t.Context(), "ann", chat.Delete{Write: h.write("ann"), Post: h.send("ann", "three")}))
	if got := unread("bob"); got != (chat.Unread{Posts: 3, Mentions: 1}) {
		t.Errorf("bob has %+v", got)
	}
	if got := unread("ann"); got != (chat.Unread{}) {
		t.Errorf("ann has %+v of her own", got)
	}
	if err := h.MarkRead(t.Context(), "bob", hall, first.Entry.Cursor()); err != nil {
		t.Fatal(err)
	}
	if got := unread("bob"); got != (chat.Unread{Posts: 2}) {
		t.Errorf("bob has %+v after reading the first", got)
	}
	deliveries := h.Audience.Delivered()
	want := chattest.Delivery{User: "bob", Event: chat.MarkMoved{Room: hall, Mark: chat.MarkAt(first.Entry)}}
	if diff := cmp.Diff(want, deliveries[len(deliveries)-1]); diff != "" {
		t.Errorf("bob's devices heard (-want +got):\n%s", diff)
	}
	h.Audience.Reset()
	if err := h.MarkRead(t.Context(), "bob", hall, first.Entry.Cursor()); err != nil {
		t.Fatal(err)
	}
	if told := h.Audience.Delivered(); len(told) > 0 {
		t.Errorf("bob's devices heard of a mark that did not move: %+v", told)
	}
	mentions, next, err := h.Mentions(t.Context(), "bob", chat.Mention{}, 1)
	if err != nil || len(mentions) != 1 || mentions[0].Seq != first.Seq || next != mentions[0] {
		t.Errorf("mentions %+v, next %+v, %v", mentions, next, err)
	}
	h.must(h.Remove(t.Context(), "mod", chat.Remove{Write: h.write("mod"), User: "bob"}))
	if mentions, _, err := h.Mentions(t.Context(), "bob", chat.Mention{}, 10); err != nil || len(mentions) != 0 {
		t.Errorf("mentions in a room that bob lost: %+v, %v", mentions, err)
	}
}

// marksPort leaves the name Marks to its method, where it is embedded.
type marksPort = chat.Marks

// countedMarks remembers in which rooms mentions were counted.
type countedMarks struct {
	marksPort
	rooms []chat.RoomID
}

func (c *countedMarks) CountMentions(ctx context.Context, user chat.UserID, after map[chat.RoomID]chat.Seq) (map[chat.RoomID]int, error) {
	c.rooms = slices.Sorted(maps.Keys(after))
	return c.marksPort.CountMentions(ctx, user, after)
}

func TestService_MyRooms_countsWhereSomethingIsUnread(t *testing.T) {
	t.Parallel()
	marks := &countedMarks{}
	h := newHouse(t, chat.Public, func(p *chat.Ports) { marks.marksPort, p.Marks = p.Marks, marks })
	h.must(h.Create(t.Context(), "ann", chat.Create{Write: chat.Write{Room: "den"}, Title: "작은 방", Visibility: chat.Private}))
	h.must(h.Send(t.Context(), "bob", chat.Send{Write: h.write("bob"), Text: "@ann", Mentions: []chat.UserID{"ann"}}))
	rooms, err := h.MyRooms(t.Context(), "ann")
	if err != nil || len(rooms) != 2 || rooms[1].Unread.Mentions != 1 {
		t.Errorf("rooms %+v, %v", rooms, err)
	}
	if diff := cmp.Diff([]chat.RoomID{hall}, marks.rooms); diff != "" {
		t.Errorf("counted in (-want +got):\n%s", diff)
	}
}

func TestService_Listen(t *testing.T) {
	t.Parallel()
	listen := func(h *house, user chat.UserID, after *chat.Cursor, isWhole bool) (chat.CatchUp, error) {
		return h.Listen(h.t.Context(), user, chat.Listen{
			Room: hall, Conn: chat.ConnID("conn of " + user), After: after, IsWhole: isWhole, Limit: 100,
		})
	}
	t.Run("answers with what follows the cursor", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Private, nil)
		cursor := h.head()
		post := h.send("ann", "missed")
		got, err := listen(h, "bob", &cursor, false)
		if err != nil || got.Snapshot != nil || len(got.Page.Entries) != 1 || got.Page.Entries[0].Seq != post {
			t.Errorf("caught up with %+v, %v", got, err)
		}
	})
	t.Run("answers with a snapshot if the reader holds nothing", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Private, nil)
		h.send("ann", "before")
		got, err := listen(h, "bob", nil, false)
		if err != nil || got.Snapshot == nil {
			t.Fatalf("caught up with %+v, %v", got, err)
		}
		s := got.Snapshot
		if s.Room.Title != "Hall" || s.Member.Role != chat.RoleMember || len(s.Posts) != 1 || s.Cursor != h.head() || s.Unread.Posts != 1 {
			t.Errorf("snapshot %+v", s)
		}
	})
	t.Run("answers with a snapshot if the reader is far behind, or with all entries if asked", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Private, nil)
		cursor := h.head()
		for i := range chat.MaxBehind + 1 {
			h.send("ann", fmt.Sprint(i))
		}
		if got, err := listen(h, "bob", &cursor, false); err != nil || got.Snapshot == nil {
			t.Errorf("caught up with %+v, %v", got, err)
		}
		got, err := listen(h, "bob", &cursor, true)
		if err != nil || got.Snapshot != nil || len(got.Page.Entries) != 100 || !got.Page.More {
			t.Errorf("caught up with %d entries, %v", len(got.Page.Entries), err)
		}
	})
	t.Run("leaves no subscription if the reader was removed meanwhile or a read fails", func(t *testing.T) {
		t.Parallel()
		var faults *chattest.FaultStore
		h := newHouse(t, chat.Private, func(p *chat.Ports) {
			faults = chattest.NewFaultStore(p.Log.(*chattest.Memory))
			p.Log, p.Members = faults, faults
		})
		listens := func() bool {
			present, err := h.Audience.Present(t.Context(), hall)
			if err != nil {
				t.Fatal(err)
			}
			return len(present) > 0
		}
		faults.Fail(chattest.OpHeads, 1, chattest.NotSaved)
		if _, err := listen(h, "bob", nil, false); chat.CodeOf(err) != chat.CodeUnavailable || listens() {
			t.Errorf("got %v, listening %t", err, listens())
		}
		stall := faults.Stall(chattest.OpHeads, 1)
		done := make(chan error)
		go func() {
			_, err := listen(h, "bob", nil, false)
			done <- err
		}()
		<-stall.Reached()
		h.must(h.Remove(t.Context(), "mod", chat.Remove{Write: h.write("mod"), User: "bob"}))
		stall.Release()
		if err := <-done; chat.CodeOf(err) != chat.CodeNotFound || listens() {
			t.Errorf("got %v, listening %t", err, listens())
		}
	})
	t.Run("refuses those who are not members, and leaves no subscription", func(t *testing.T) {
		t.Parallel()
		for visibility, want := range map[chat.Visibility]chat.Code{
			chat.Public: chat.CodeForbidden, chat.Private: chat.CodeNotFound,
		} {
			h := newHouse(t, visibility, nil)
			if _, err := listen(h, "eve", nil, false); chat.CodeOf(err) != want {
				t.Errorf("a stranger in a %s room: %v", visibility, err)
			}
			if present, err := h.Audience.Present(t.Context(), hall); err != nil || len(present) != 0 {
				t.Errorf("still there: %+v, %v", present, err)
			}
		}
	})
}

func TestService_Behind(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Private, nil)
	cursor := h.head()
	ask := func(user chat.UserID) map[chat.RoomID]chat.Head {
		t.Helper()
		heads, err := h.Behind(t.Context(), user, map[chat.RoomID]chat.Cursor{hall: cursor, "elsewhere": {}})
		if err != nil {
			t.Fatal(err)
		}
		return heads
	}
	if got := ask("bob"); len(got) != 0 {
		t.Errorf("behind at the head: %+v", got)
	}
	h.send("ann", "news")
	if got := ask("bob"); got[hall].Cursor != h.head() || len(got) != 1 {
		t.Errorf("behind %+v", got)
	}
	if got := ask("eve"); len(got) != 0 {
		t.Errorf("a stranger learns of %+v", got)
	}
	h.Limiter.Refuse("reads:bob", time.Second)
	if _, err := h.Behind(t.Context(), "bob", map[chat.RoomID]chat.Cursor{hall: cursor}); chat.CodeOf(err) != chat.CodeRateLimited {
		t.Errorf("too often: %v", err)
	}
}

// countedMembers counts the reads whose cost grows with the rooms or members.
type countedMembers struct {
	chat.Members
	lists, alone int
}

func (m *countedMembers) RoomsOf(ctx context.Context, user chat.UserID) ([]chat.Member, error) {
	m.lists++
	return m.Members.RoomsOf(ctx, user)
}

func (m *countedMembers) FindMembers(ctx context.Context, room chat.RoomID, users ...chat.UserID) ([]chat.Member, error) {
	m.alone += len(users)
	return m.Members.FindMembers(ctx, room, users...)
}

func TestService_Behind_one_room(t *testing.T) {
	t.Parallel()
	counted := &countedMembers{}
	h := newHouse(t, chat.Private, func(p *chat.Ports) { counted.Members, p.Members = p.Members, counted })
	before := h.head()
	h.send("ann", "news")
	counted.lists = 0
	ask := func(user chat.UserID, room chat.RoomID) map[chat.RoomID]chat.Head {
		t.Helper()
		heads, err := h.Behind(t.Context(), user, map[chat.RoomID]chat.Cursor{room: before})
		if err != nil {
			t.Fatal(err)
		}
		return heads
	}
	if got := ask("bob", hall); len(got) != 1 || got[hall].Cursor != h.head() {
		t.Errorf("behind %+v", got)
	}
	for _, room := range []chat.RoomID{hall, "elsewhere", "no id"} {
		if got := ask("eve", room); len(got) != 0 {
			t.Errorf("a stranger to %q learns of %+v", room, got)
		}
	}
	if counted.lists != 0 {
		t.Errorf("all rooms were read %d times", counted.lists)
	}
	h.must(h.DeleteRoom(t.Context(), "olga", h.write("olga")))
	if got := ask("bob", hall); len(got) != 0 {
		t.Errorf("a deleted room is still behind: %+v", got)
	}
}

func TestService_Present_reads_a_small_room_by_its_list(t *testing.T) {
	t.Parallel()
	counted := &countedMembers{}
	h := newHouse(t, chat.Private, func(p *chat.Ports) { counted.Members, p.Members = p.Members, counted })
	for _, user := range []chat.UserID{"ann", "bob", "olga"} {
		if err := h.Audience.Subscribe(t.Context(), chat.ConnID("conn-"+user), user, hall); err != nil {
			t.Fatal(err)
		}
	}
	counted.alone = 0
	present, names, err := h.Present(t.Context(), "ann", hall)
	if err != nil || len(present) != 3 {
		t.Fatalf("present are %+v, %v", present, err)
	}
	var named []string
	for _, m := range names {
		named = append(named, m.Name)
	}
	if diff := cmp.Diff([]string{"name of ann", "name of bob", "name of olga"}, named); diff != "" {
		t.Errorf("names of those present (-want +got):\n%s", diff)
	}
	if counted.alone != 1 { // the caller's
		t.Errorf("%d memberships were read one by one", counted.alone)
	}
}

func TestService_Type(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Private, nil)
	typed := func() (n int) {
		for _, d := range h.Audience.Delivered() {
			if _, isTyping := d.Event.(chat.TypingStarted); isTyping {
				n++
			}
		}
		return n
	}
	for user, want := range map[chat.UserID]chat.Code{"ann": "", "rea": chat.CodeForbidden, "eve": chat.CodeNotFound} {
		if err := h.Type(t.Context(), user, hall); chat.CodeOf(err) != want {
			t.Errorf("%s: %v", user, err)
		}
	}
	h.Limiter.Refuse("typing:ann", time.Second)
	if err := h.Type(t.Context(), "ann", hall); err != nil || typed() != 1 {
		t.Errorf("too often: %v, %d signs", err, typed())
	}
}
