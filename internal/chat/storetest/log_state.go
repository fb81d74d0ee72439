package storetest

import (
	"slices"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

var stateCases = []logCase{
	{rule: "makes of the room what the fold makes", needs: []string{"FindRooms"}, run: roomIsTheFold},
	{rule: "makes of members what the fold makes", needs: []string{"FindMembers"}, run: membersAreTheFold},
	{rule: "makes of posts what the fold makes", needs: []string{"Post"}, run: postsAreTheFold},
	{rule: "makes mentions as the fold does", needs: []string{"Mentions"}, run: mentionsAreTheFold},
	{rule: "moves marks as the fold does", needs: []string{"Marks"}, run: marksAreTheFold},
	{rule: "shows an entry and its effects together", needs: []string{"FindMembers"}, run: effectsAreVisible},
	{rule: "leaves no effect of a refused draft", needs: []string{"FindMembers", "FindRooms", "Mentions"}, run: refusedLeavesNothing},
}

// everyKind returns entries of every kind but created, for a room that owner has
// created. The last one ends the room.
func everyKind(owner chat.UserID) []chat.Content {
	a, b, c := uniqueUser(), uniqueUser(), uniqueUser()
	return []chat.Content{
		join(a, "가람", chat.RoleMember), // 2
		join(b, "나래", chat.RoleReader),
		{Kind: chat.KindPosted, Text: "@가람 안녕", Mentions: []chat.UserID{a, b}}, // 4
		{Kind: chat.KindPosted, Text: "모두", All: true, ReplyTo: 4},             // 5
		edit(4, "@나래 안녕"),
		setRole(a, chat.RoleOwner, chat.RoleMember),
		pin(5), pin(4), unpin(5),
		react(4, "👍"), react(4, "🎉"), unreact(4, "👍"),
		topic("점심"),
		settings("새 마루", chat.Private),
		rename(a, "가람2"),
		leave(b, chat.RoleReader),
		rename(b, "떠난 나래"),
		join(b, "돌아온 나래", chat.RoleModerator),
		join(c, "다솜", chat.RoleOwner),
		remove(c, chat.RoleOwner),
		{Kind: chat.KindPosted, Text: "지울 글", Mentions: []chat.UserID{owner}}, // 23
		edit(22, "지울 글 2"),
		deletion(22),
		setRole(a, chat.RoleMember, chat.RoleOwner),
		topic(""),
		settings("마루", chat.Public),
		endRoom(),
	}
}

// everyKindButEnd is everyKind without the last entry, which erases the words of
// all before it.
func everyKindButEnd(owner chat.UserID) []chat.Content {
	all := everyKind(owner)
	return all[:len(all)-1]
}

// eachStep appends every kind in turn and calls check after each.
func eachStep(t testing.TB, s *logTest, check func(w *writer, fold *chat.Fold)) {
	t.Helper()
	w := newWriter(t, s)
	for _, c := range everyKind(w.owner) {
		w.add(t, c)
		if c.Kind == chat.KindRoomDeleted {
			s.empty(t, w.room)
		}
		fold, _ := replay(w.acked)
		check(w, fold)
		if t.Failed() {
			t.Fatalf("after entry %d, %s", w.cursor.Seq, c.Kind)
		}
	}
}

func roomIsTheFold(t testing.TB, s *logTest) {
	eachStep(t, s, func(w *writer, fold *chat.Fold) {
		wantEqual(t, "room", must[[]chat.Room](t, "find rooms")(s.FindRooms(t.Context(), w.room)), []chat.Room{fold.Room})
	})
}

func membersAreTheFold(t testing.TB, s *logTest) {
	eachStep(t, s, func(w *writer, fold *chat.Fold) {
		users := []chat.UserID{uniqueUser()}
		want := []chat.Member{{Room: w.room, User: users[0]}}
		for user, member := range fold.Members {
			users, want = append(users, user), append(want, *member)
		}
		got := must[[]chat.Member](t, "find members")(s.FindMembers(t.Context(), w.room, users...))
		wantEqual(t, "members", got, want)
	})
}

func postsAreTheFold(t testing.TB, s *logTest) {
	eachStep(t, s, func(w *writer, fold *chat.Fold) {
		for seq, want := range fold.Posts {
			got := must[chat.Post](t, "post")(s.Post(t.Context(), w.room, seq))
			wantEqual(t, "post", got, *want)
		}
		_, err := s.Post(t.Context(), w.room, 1)
		wantCode(t, "post at the created entry", err, chat.CodeNotFound)
		_, err = s.Post(t.Context(), w.room, w.cursor.Seq+1)
		wantCode(t, "post beyond the head", err, chat.CodeNotFound)
	})
}

func mentionsAreTheFold(t testing.TB, s *logTest) {
	eachStep(t, s, func(w *writer, fold *chat.Fold) {
		for user := range fold.Members {
			want := slices.Clone(fold.Mentions[user])
			slices.Reverse(want)
			got := must[[]chat.Mention](t, "mentions")(s.Mentions(t.Context(), user, chat.Mention{}, 200))
			wantEqual(t, "mentions", got, want)
		}
	})
}

func marksAreTheFold(t testing.TB, s *logTest) {
	eachStep(t, s, func(w *writer, fold *chat.Fold) {
		if s.Settle != nil {
			s.Settle(t)
		}
		for user := range fold.Members {
			want := map[chat.RoomID]chat.Mark{}
			if mark, isSet := fold.Marks[user]; isSet {
				want[w.room] = mark
			}
			got := must[map[chat.RoomID]chat.Mark](t, "marks")(s.Marks(t.Context(), user))
			wantEqual(t, "marks", got, want)
		}
	})
}

// effectsAreVisible reads the head, then a membership, then the head again,
// while entries change the membership. The membership's Touched must lie between
// the two heads.
func effectsAreVisible(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	guest := uniqueUser()
	done := make(chan struct{})
	concurrently(2, func(i int) {
		if i == 1 {
			watchMember(t, s, w.room, guest, done)
			return
		}
		defer close(done)
		for range 20 {
			for _, c := range []chat.Content{join(guest, "손님", chat.RoleMember), leave(guest, chat.RoleMember)} {
				appended, err := send(t.Context(), s, w.draft(c))
				if err != nil {
					t.Errorf("append %s: %v", c.Kind, err)
					return
				}
				w.saw(&appended.Entry)
			}
		}
	})
}

func watchMember(t testing.TB, s *logTest, room chat.RoomID, guest chat.UserID, done <-chan struct{}) {
	for !isClosed(done) {
		before, err1 := s.Heads(t.Context(), []chat.RoomID{room})
		members, err2 := s.FindMembers(t.Context(), room, guest)
		after, err3 := s.Heads(t.Context(), []chat.RoomID{room})
		if err1 != nil || err2 != nil || err3 != nil {
			t.Errorf("read: %v, %v, %v", err1, err2, err3)
			return
		}
		// From entry 2 on, every entry touches the membership.
		touched := max(1, members[0].Touched)
		if touched < before[0].Seq || touched > after[0].Seq {
			t.Errorf("the head was %d, then the membership of %d, then the head %d", before[0].Seq, touched, after[0].Seq)
			return
		}
	}
}

func refusedLeavesNothing(t testing.TB, s *logTest) {
	g := newStage(t, s)
	newcomer := uniqueUser()
	refused := []*chat.Draft{
		g.draft(join(newcomer, "새 사람", chat.RoleOwner)),
		g.draft(chat.Content{Kind: chat.KindPosted, Text: "안녕", Mentions: []chat.UserID{newcomer}}),
		g.draft(topic("거절된 주제")),
	}
	g.add(t, remove(g.guest, chat.RoleMember))
	for _, d := range refused {
		d.Basis = chat.Basis{{Thing: chat.MemberThing(g.guest), Seq: 2}}
		wantConflict(t, string(d.Kind), s, d, scan(t, s, d))
	}
	fold, _ := replay(g.acked)
	wantEqual(t, "room", must[[]chat.Room](t, "find rooms")(s.FindRooms(t.Context(), g.room)), []chat.Room{fold.Room})
	members := must[[]chat.Member](t, "find members")(s.FindMembers(t.Context(), g.room, newcomer))
	wantEqual(t, "membership", members, []chat.Member{{Room: g.room, User: newcomer}})
	mentions := must[[]chat.Mention](t, "mentions")(s.Mentions(t.Context(), newcomer, chat.Mention{}, 10))
	wantEqual(t, "mentions", mentions, []chat.Mention(nil))
}
