package storetest

import (
	"cmp"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

var concurrencyCases = []logCase{
	{rule: "gives 50 concurrent senders in one room one order", run: manySendersOneRoom},
	{rule: "gives concurrent senders in many rooms one order each", run: manySendersManyRooms},
	{rule: "stores one entry when copies of it race", run: copiesRace},
	{rule: "shows a concurrent reader a prefix that only grows", run: readersSeePrefixes},
	{rule: "gives concurrent senders through two handles one order", needs: []string{"Second"}, run: twoHandlesRace},
}

// sender is an author who sends to a room, one draft after the other.
type sender struct {
	log    chat.Log
	room   chat.RoomID
	author chat.UserID
	cursor chat.Cursor
}

func (s *sender) draft(text string) *chat.Draft {
	return &chat.Draft{
		Room: s.room, Author: s.author, ID: uniqueEntry(), Content: post(text), Since: s.cursor, Now: startOfTime,
	}
}

// sendAll sends n posts and returns them as acknowledged.
func (s *sender) sendAll(t testing.TB, n int) []chat.Entry {
	var acked []chat.Entry
	for i := range n {
		appended, err := send(t.Context(), s.log, s.draft(strconv.Itoa(i)))
		if err != nil || appended.Existed {
			t.Errorf("send %d to %s: %+v, %v", i, s.room, appended, err)
			return acked
		}
		acked = append(acked, appended.Entry)
		s.cursor = appended.Entry.Cursor()
	}
	return acked
}

// race makes all senders send n posts each, concurrently, and returns what was
// acknowledged, by room and in the order of seq.
func race(t testing.TB, senders []*sender, n int) map[chat.RoomID][]chat.Entry {
	t.Helper()
	var mu sync.Mutex
	acked := map[chat.RoomID][]chat.Entry{}
	concurrently(len(senders), func(i int) {
		mine := senders[i].sendAll(t, n)
		mu.Lock()
		defer mu.Unlock()
		acked[senders[i].room] = append(acked[senders[i].room], mine...)
	})
	for _, entries := range acked {
		slices.SortFunc(entries, func(a, b chat.Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	}
	return acked
}

func manySendersOneRoom(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	var senders []*sender
	for range 50 {
		senders = append(senders, &sender{log: s, room: w.room, author: uniqueUser(), cursor: w.cursor})
	}
	want := append(w.acked, race(t, senders, 2)[w.room]...)
	wantEqual(t, "the log against what was acknowledged", readAll(t, s, w.room, chat.MaxPage), want)
	if len(want) != 101 {
		t.Errorf("%d entries were acknowledged, want 101", len(want))
	}
}

func manySendersManyRooms(t testing.TB, s *logTest) {
	const rooms, perRoom, posts = 10, 5, 4
	var senders []*sender
	var writers []*writer
	for range rooms {
		w := newWriter(t, s)
		writers = append(writers, w)
		for range perRoom {
			senders = append(senders, &sender{log: s, room: w.room, author: uniqueUser(), cursor: w.cursor})
		}
	}
	acked := race(t, senders, posts)
	for _, w := range writers {
		want := append(w.acked, acked[w.room]...)
		wantEqual(t, "log of "+string(w.room), readAll(t, s, w.room, chat.MaxPage), want)
		if len(want) != 1+perRoom*posts {
			t.Errorf("%d entries were acknowledged in %s, want %d", len(want), w.room, 1+perRoom*posts)
		}
	}
}

func copiesRace(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	d := w.draft(post("한 번만"))
	const copies = 12
	var got [copies]chat.Appended
	concurrently(copies, func(i int) {
		var err error
		mine := *d
		if got[i], err = send(t.Context(), s, &mine); err != nil {
			t.Errorf("copy %d: %v", i, err)
		}
	})
	log := readAll(t, s, w.room, chat.MaxPage)
	if len(log) != 2 {
		t.Fatalf("the log has %d entries, want 2", len(log))
	}
	first := 0
	for _, appended := range got {
		wantEqual(t, "the entry that a copy got", appended.Entry, log[1])
		if !appended.Existed {
			first++
		}
	}
	if first > 1 {
		t.Errorf("%d copies were told that theirs was the first", first)
	}
}

func readersSeePrefixes(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	done := make(chan struct{})
	var seen [][]chat.Entry
	concurrently(2, func(i int) {
		if i == 0 {
			defer close(done)
			author := &sender{log: s, room: w.room, author: uniqueUser(), cursor: w.cursor}
			author.sendAll(t, 40)
			return
		}
		for !isClosed(done) {
			page, err := s.Read(t.Context(), w.room, chat.Cursor{}, chat.MaxPage)
			if err != nil {
				t.Errorf("read: %v", err)
				return
			}
			last := len(seen) - 1
			if last < 0 || len(page.Entries) != len(seen[last]) {
				seen = append(seen, page.Entries)
			}
		}
	})
	log := readAll(t, s, w.room, chat.MaxPage)
	longest := 0
	for _, prefix := range seen {
		if len(prefix) < longest {
			t.Fatalf("a read returned %d entries after one of %d", len(prefix), longest)
		}
		longest = len(prefix)
		wantEqual(t, "a concurrent read", prefix, log[:longest])
	}
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

func twoHandlesRace(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	handles := []chat.Log{s, s.Second(t)}
	var senders []*sender
	for i := range 10 {
		senders = append(senders, &sender{log: handles[i%2], room: w.room, author: uniqueUser(), cursor: w.cursor})
	}
	want := append(w.acked, race(t, senders, 5)[w.room]...)
	for _, handle := range handles {
		wantEqual(t, "the log against what was acknowledged", readAll(t, handle, w.room, chat.MaxPage), want)
	}
}
