package storetest

import (
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

var createCases = []logCase{
	{rule: "creates a room at slot 1 whatever the scan says", run: createsAtSlotOne},
	{rule: "returns entry 1 to its author who creates again", run: createsAgain},
	{rule: "refuses to create a room that another entry created", run: refusesTakenRoom},
	{rule: "returns a direct room to whichever of the two creates it second", run: createsDirectRoomOnce},
	{rule: "never creates a room again after its end", run: neverCreatesAfterEnd},
	{rule: "lets one of many concurrent creators win", run: oneCreatorWins},
}

func creation(room chat.RoomID, author chat.UserID, visibility chat.Visibility) *chat.Draft {
	return &chat.Draft{
		Room: room, Author: author, ID: uniqueEntry(), Now: startOfTime,
		Content: chat.Content{
			Kind: chat.KindCreated, Title: "새 방", Visibility: visibility,
			Founders: []chat.Founder{{User: author, Name: "주인", Role: chat.RoleOwner}},
		},
	}
}

func createsAtSlotOne(t testing.TB, s *logTest) {
	d := creation(uniqueRoom(), uniqueUser(), chat.Private)
	appended, err := s.Append(t.Context(), d, &chat.Scanned{})
	if err != nil {
		t.Fatal(err)
	}
	want := chat.Head{}.Next(d)
	wantEqual(t, "appended", appended, chat.Appended{Entry: want})
	wantEqual(t, "log", readAll(t, s, d.Room, 10), []chat.Entry{want})
}

func createsAgain(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	w.addPosts(t, 3)
	first := w.acked[0]
	again := creation(w.room, w.owner, chat.Private)
	again.ID = first.ID
	for _, scanned := range []*chat.Scanned{{}, {Head: w.acked[3].Head()}} {
		appended, err := s.Append(t.Context(), again, scanned)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "appended", appended, chat.Appended{Entry: first, Existed: true})
	}
	wantEqual(t, "log", readAll(t, s, w.room, 10), w.acked)
}

func refusesTakenRoom(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	byAnother := creation(w.room, uniqueUser(), chat.Public)
	byAnother.ID = w.acked[0].ID
	_, err := s.Append(t.Context(), byAnother, &chat.Scanned{})
	wantCode(t, "another author", err, chat.CodeConflict)
	_, err = s.Append(t.Context(), creation(w.room, w.owner, chat.Public), &chat.Scanned{})
	wantCode(t, "another id", err, chat.CodeConflict)
	wantEqual(t, "log", readAll(t, s, w.room, 10), w.acked)
}

func createsDirectRoomOnce(t testing.TB, s *logTest) {
	a, b := uniqueUser(), uniqueUser()
	room := chat.DirectRoom(a, b)
	first, err := s.Append(t.Context(), creation(room, a, chat.Direct), &chat.Scanned{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Append(t.Context(), creation(room, b, chat.Direct), &chat.Scanned{})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "the second creation", second, chat.Appended{Entry: first.Entry, Existed: true})
	wantEqual(t, "log", readAll(t, s, room, 10), []chat.Entry{first.Entry})
}

func neverCreatesAfterEnd(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	end := w.add(t, endRoom())
	_, err := s.Append(t.Context(), creation(w.room, uniqueUser(), chat.Public), &chat.Scanned{})
	wantCode(t, "another author", err, chat.CodeConflict)
	_, err = s.Append(t.Context(), creation(w.room, w.owner, chat.Public), &chat.Scanned{Head: end.Head()})
	wantCode(t, "the owner", err, chat.CodeConflict)
	heads := must[[]chat.Head](t, "heads")(s.Heads(t.Context(), []chat.RoomID{w.room}))
	wantEqual(t, "heads", heads, []chat.Head{end.Head()})
	wantEqual(t, "log", readAll(t, s, w.room, 10), w.acked)
}

func oneCreatorWins(t testing.TB, s *logTest) {
	room := uniqueRoom()
	const creators = 10
	var won [creators]chat.Entry
	var errs [creators]error
	concurrently(creators, func(i int) {
		var appended chat.Appended
		appended, errs[i] = s.Append(t.Context(), creation(room, uniqueUser(), chat.Public), &chat.Scanned{})
		won[i] = appended.Entry
	})
	log := readAll(t, s, room, 10)
	if len(log) != 1 {
		t.Fatalf("the log has %d entries, want 1", len(log))
	}
	winners := 0
	for i, err := range errs {
		if err == nil {
			winners++
			wantEqual(t, "the winner's entry", won[i], log[0])
			continue
		}
		wantCode(t, "a loser", err, chat.CodeConflict)
	}
	if winners != 1 {
		t.Errorf("%d creators won, want 1", winners)
	}
}
