package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

// MembersHarness gives [RunMembers] a store.
type MembersHarness struct {
	// Open returns two views of one store.
	Open func(t testing.TB) (chat.Log, chat.Members)
}

type membersCase struct {
	rule string
	run  func(t testing.TB, log chat.Log, members chat.Members)
}

var membersCases = []membersCase{
	{"finds members in the order asked, strangers without a role", findsMembers},
	{"makes of members what the fold makes, entry by entry", membersFollowFold},
	{"keeps those who left in FindMembers and nowhere else", keepsThoseWhoLeft},
	{"lists members by user id, page by page", listsMembers},
	{"lists the rooms that a user is in now, by room id", listsRoomsOf},
	{"lists at most MaxRooms rooms of a user", boundsRoomsOf},
	{"takes every founder as a member from entry 1", foundersAreMembers},
}

// RunMembers checks a store against the contract of chat.Members.
func RunMembers(t *testing.T, h MembersHarness) {
	for _, c := range membersCases {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			log, members := h.Open(t)
			c.run(t, log, members)
		})
	}
}

// membersOf returns those who are in the writer's room now, by user id.
func membersOf(w *writer) []chat.Member {
	fold, _ := replay(w.acked)
	var members []chat.Member
	for _, m := range fold.Members {
		if m.IsMember() {
			members = append(members, *m)
		}
	}
	slices.SortFunc(members, func(a, b chat.Member) int { return cmp.Compare(a.User, b.User) })
	return members
}

// memberOf returns what the writer's entries make of one user.
func memberOf(w *writer, user chat.UserID) chat.Member {
	fold, _ := replay(w.acked)
	if m := fold.Members[user]; m != nil {
		return *m
	}
	return chat.Member{Room: w.room, User: user}
}

func findsMembers(t testing.TB, log chat.Log, members chat.Members) {
	w := newWriter(t, log)
	guest, stranger := uniqueUser(), uniqueUser()
	w.add(t, join(guest, "손님", chat.RoleReader))
	got := must[[]chat.Member](t, "find")(members.FindMembers(t.Context(), w.room, guest, stranger, w.owner, guest))
	wantEqual(t, "members", got, []chat.Member{
		memberOf(w, guest), memberOf(w, stranger), memberOf(w, w.owner), memberOf(w, guest),
	})
	nowhere := uniqueRoom()
	got = must[[]chat.Member](t, "find")(members.FindMembers(t.Context(), nowhere, guest))
	wantEqual(t, "member of no room", got, []chat.Member{{Room: nowhere, User: guest}})
	got = must[[]chat.Member](t, "find")(members.FindMembers(t.Context(), w.room))
	wantEqual(t, "nobody asked", got, []chat.Member(nil))
}

func membersFollowFold(t testing.TB, log chat.Log, members chat.Members) {
	w := newWriter(t, log)
	for _, c := range everyKind(w.owner) {
		w.add(t, c)
		fold, _ := replay(w.acked)
		for user := range fold.Members {
			got := must[[]chat.Member](t, "find")(members.FindMembers(t.Context(), w.room, user))
			wantEqual(t, "member after "+string(c.Kind), got, []chat.Member{memberOf(w, user)})
		}
		listed := must[[]chat.Member](t, "list")(members.ListMembers(t.Context(), w.room, "", 100))
		wantEqual(t, "list after "+string(c.Kind), listed, membersOf(w))
	}
}

func keepsThoseWhoLeft(t testing.TB, log chat.Log, members chat.Members) {
	w := newWriter(t, log)
	left, removed := uniqueUser(), uniqueUser()
	w.add(t, join(left, "떠날 이", chat.RoleMember))
	w.add(t, join(removed, "내보낼 이", chat.RoleMember))
	w.add(t, leave(left, chat.RoleMember))
	w.add(t, remove(removed, chat.RoleMember))
	got := must[[]chat.Member](t, "find")(members.FindMembers(t.Context(), w.room, left, removed))
	wantEqual(t, "members", got, []chat.Member{memberOf(w, left), memberOf(w, removed)})
	if got[0].IsMember() || got[0].Touched == 0 || got[0].Name == "" {
		t.Errorf("who left is %+v, want no role, and Touched and Name kept", got[0])
	}
	listed := must[[]chat.Member](t, "list")(members.ListMembers(t.Context(), w.room, "", 100))
	wantEqual(t, "list", listed, membersOf(w))
	for _, user := range []chat.UserID{left, removed} {
		rooms := must[[]chat.Member](t, "rooms of")(members.RoomsOf(t.Context(), user))
		wantEqual(t, "rooms of one who is gone", rooms, []chat.Member(nil))
	}
	w.add(t, join(left, "돌아온 이", chat.RoleReader))
	rooms := must[[]chat.Member](t, "rooms of")(members.RoomsOf(t.Context(), left))
	wantEqual(t, "rooms of one who came back", rooms, []chat.Member{memberOf(w, left)})
}

func listsMembers(t testing.TB, log chat.Log, members chat.Members) {
	w := newWriter(t, log)
	for i := range 6 {
		w.add(t, join(uniqueUser(), fmt.Sprintf("이름 %d", i), chat.RoleMember))
	}
	want := membersOf(w)
	for _, limit := range []int{1, 6, 7, 8} {
		page := must[[]chat.Member](t, "list")(members.ListMembers(t.Context(), w.room, "", limit))
		wantEqual(t, fmt.Sprintf("first page of %d", limit), page, want[:min(limit, len(want))])
	}
	page := must[[]chat.Member](t, "list")(members.ListMembers(t.Context(), w.room, want[2].User, 3))
	wantEqual(t, "page after the third", page, want[3:6])
	page = must[[]chat.Member](t, "list")(members.ListMembers(t.Context(), w.room, want[6].User, 3))
	wantEqual(t, "page after the last", page, []chat.Member(nil))
	page = must[[]chat.Member](t, "list")(members.ListMembers(t.Context(), uniqueRoom(), "", 3))
	wantEqual(t, "members of no room", page, []chat.Member(nil))
}

func listsRoomsOf(t testing.TB, log chat.Log, members chat.Members) {
	user := uniqueUser()
	var want []chat.Member
	for i := range 5 {
		w := newWriter(t, log)
		w.add(t, join(user, fmt.Sprintf("이름 %d", i), chat.RoleMember))
		want = append(want, memberOf(w, user))
	}
	slices.SortFunc(want, func(a, b chat.Member) int { return cmp.Compare(a.Room, b.Room) })
	got := must[[]chat.Member](t, "rooms of")(members.RoomsOf(t.Context(), user))
	wantEqual(t, "rooms", got, want)
	got = must[[]chat.Member](t, "rooms of")(members.RoomsOf(t.Context(), uniqueUser()))
	wantEqual(t, "rooms of a stranger", got, []chat.Member(nil))
}

func boundsRoomsOf(t testing.TB, log chat.Log, members chat.Members) {
	user := uniqueUser()
	for range chat.MaxRooms + 1 {
		newWriter(t, log).add(t, join(user, "인기인", chat.RoleMember))
	}
	got := must[[]chat.Member](t, "rooms of")(members.RoomsOf(t.Context(), user))
	if len(got) != chat.MaxRooms {
		t.Errorf("%d rooms, want %d", len(got), chat.MaxRooms)
	}
}

func foundersAreMembers(t testing.TB, log chat.Log, members chat.Members) {
	a, b := uniqueUser(), uniqueUser()
	d := creation(chat.DirectRoom(a, b), a, chat.Direct)
	d.Founders = []chat.Founder{{User: a, Name: "가", Role: chat.RoleMember}, {User: b, Name: "나", Role: chat.RoleMember}}
	created := must[chat.Appended](t, "create")(log.Append(t.Context(), d, &chat.Scanned{}))
	w := &writer{room: d.Room, acked: []chat.Entry{created.Entry}}
	listed := must[[]chat.Member](t, "list")(members.ListMembers(t.Context(), d.Room, "", 10))
	wantEqual(t, "members", listed, membersOf(w))
	if len(listed) != 2 {
		t.Errorf("%d members, want both founders", len(listed))
	}
	for _, user := range []chat.UserID{a, b} {
		rooms := must[[]chat.Member](t, "rooms of")(members.RoomsOf(t.Context(), user))
		wantEqual(t, "rooms of a founder", rooms, []chat.Member{memberOf(w, user)})
	}
}
