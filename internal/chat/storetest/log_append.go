package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

var appendCases = []logCase{
	{rule: "numbers entries from 1 without holes", run: numbersWithoutHoles},
	{rule: "lets At rise strictly in whole milliseconds whatever the clock does", run: atRises},
	{rule: "counts posts and @all as they run", run: countsRun},
	{rule: "returns the entry as it will be read", run: returnsWhatIsRead},
	{rule: "refuses a draft for a room without a log", run: refusesUnknownRoom},
	{rule: "keeps rooms apart whose ids begin alike", run: keepsRoomsApart},
	{rule: "reports the heads of rooms in the order asked", run: headsInOrder},
	{rule: "lands after what was faster since the scan", run: landsAfterOutdatedScan},
	{rule: "tells by a later scan whether a cancelled append was written", run: cancelledAppend},
	{rule: "shows one handle what another wrote", needs: []string{"Second"}, run: twoHandles},
}

func numbersWithoutHoles(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	w.addPosts(t, 20)
	for i, e := range readAll(t, s, w.room, chat.MaxPage) {
		if e.Seq != chat.Seq(i+1) {
			t.Fatalf("entry %d of the log has seq %d", i+1, e.Seq)
		}
	}
	if len(w.acked) != 21 || w.acked[20].Seq != 21 {
		t.Errorf("the 21st entry was acknowledged as %+v", w.acked[len(w.acked)-1])
	}
}

func atRises(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	clock := []time.Duration{0, 0, -time.Hour, 3 * time.Millisecond, 3*time.Millisecond + 999*time.Microsecond, time.Second}
	for _, shift := range clock {
		d := w.draft(post("째깍"))
		d.Now = startOfTime.Add(shift).In(time.FixedZone("KST", 9*60*60))
		w.commit(t, d)
	}
	log := readAll(t, s, w.room, chat.MaxPage)
	wantEqual(t, "log", log, w.acked)
	for i, e := range log[1:] {
		if !e.At.After(log[i].At) {
			t.Errorf("At of entry %d is %v, after %v", e.Seq, e.At, log[i].At)
		}
		if e.At.Nanosecond()%1e6 != 0 || e.At.Location() != time.UTC {
			t.Errorf("At of entry %d is %v, want whole milliseconds in UTC", e.Seq, e.At)
		}
	}
	last := log[len(log)-1]
	if want := startOfTime.Add(time.Second); !last.At.Equal(want) {
		t.Errorf("At is %v when the clock is ahead of the log, want the clock's %v", last.At, want)
	}
}

func countsRun(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	first := w.add(t, post("하나"))
	w.add(t, topic("점심"))
	w.add(t, chat.Content{Kind: chat.KindPosted, Text: "모두", All: true})
	w.add(t, deletion(first.Seq))
	w.add(t, post("셋"))
	var got []chat.Counts
	for _, e := range readAll(t, s, w.room, chat.MaxPage) {
		got = append(got, e.Counts)
	}
	wantEqual(t, "running counts", got, []chat.Counts{{}, {Posts: 1}, {Posts: 1}, {Posts: 2, Alls: 1}, {Posts: 2, Alls: 1}, {Posts: 3, Alls: 1}})
}

func returnsWhatIsRead(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	for _, c := range everyKindButEnd(w.owner) {
		w.add(t, c)
	}
	_, want := replay(w.acked)
	wantEqual(t, "log", readAll(t, s, w.room, chat.MaxPage), want)
	w.add(t, endRoom())
	s.empty(t, w.room)
	_, want = replay(w.acked)
	wantEqual(t, "log of the deleted room", readAll(t, s, w.room, chat.MaxPage), want)
}

func refusesUnknownRoom(t testing.TB, s *logTest) {
	w := &writer{log: s, room: uniqueRoom(), owner: uniqueUser(), now: startOfTime}
	d := w.draft(post("여보세요"))
	wantEqual(t, "scan", *scan(t, s, d), chat.Scanned{})
	_, err := s.Append(t.Context(), d, &chat.Scanned{})
	wantCode(t, "append", err, chat.CodeNotFound)
	_, err = s.Read(t.Context(), w.room, chat.Cursor{}, 10)
	wantCode(t, "read", err, chat.CodeNotFound)
	_, err = s.History(t.Context(), w.room, 0, 10)
	wantCode(t, "history", err, chat.CodeNotFound)
}

func keepsRoomsApart(t testing.TB, s *logTest) {
	base := uniqueRoom()
	var writers []*writer
	for _, suffix := range []chat.RoomID{"", "-", "-1", "_", "0", "-10", "-1-"} {
		writers = append(writers, newWriterOf(t, s, base+suffix, chat.Public))
	}
	for round := range 3 {
		for i, w := range writers {
			for range i%3 + round {
				w.add(t, post("방 "+string(w.room)))
			}
		}
	}
	for _, w := range writers {
		wantEqual(t, "log of "+string(w.room), readAll(t, s, w.room, chat.MaxPage), w.acked)
		page := must[chat.HistoryPage](t, "history")(s.History(t.Context(), w.room, 0, chat.MaxHistory))
		if len(page.Posts) != len(w.acked)-1 {
			t.Errorf("history of %s has %d posts, want %d", w.room, len(page.Posts), len(w.acked)-1)
		}
	}
}

func headsInOrder(t testing.TB, s *logTest) {
	a, b := newWriter(t, s), newWriter(t, s)
	a.addPosts(t, 3)
	b.add(t, chat.Content{Kind: chat.KindPosted, Text: "모두", All: true})
	heads, err := s.Heads(t.Context(), []chat.RoomID{b.room, uniqueRoom(), a.room})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "heads", heads, []chat.Head{b.acked[1].Head(), {}, a.acked[3].Head()})
	heads, err = s.Heads(t.Context(), nil)
	if err != nil || len(heads) != 0 {
		t.Errorf("heads of no rooms: %v, %v", heads, err)
	}
}

func landsAfterOutdatedScan(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	member := uniqueUser()
	slow := w.draft(post("느린 말"))
	outdated := scan(t, s, slow)
	w.addPosts(t, 5)
	w.add(t, join(member, "새 사람", chat.RoleMember))
	appended, err := s.Append(t.Context(), slow, outdated)
	if err != nil {
		t.Fatal(err)
	}
	w.saw(&appended.Entry)
	if appended.Entry.Seq != 8 || appended.Existed {
		t.Errorf("landed as %+v, want a new entry 8", appended)
	}
	if !hasSeq(appended.Passed, 7) {
		t.Errorf("passed %+v, want the joining, entry 7, among them", appended.Passed)
	}
	wantEqual(t, "log", readAll(t, s, w.room, chat.MaxPage), w.acked)
}

func hasSeq(entries []chat.Entry, seq chat.Seq) bool {
	for i := range entries {
		if entries[i].Seq == seq {
			return true
		}
	}
	return false
}

func cancelledAppend(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	d := w.draft(post("취소"))
	scanned := scan(t, s, d)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Append(cancelled, d, scanned)
	if err == nil {
		t.Fatal("append under a cancelled context succeeded")
	}
	if code := chat.CodeOf(err); code != chat.CodeUnavailable && scan(t, s, d).Found != nil {
		t.Errorf("append failed with %s, which says that nothing was written, but the entry is there", code)
	}
	appended, err := send(t.Context(), s, d)
	if err != nil {
		t.Fatal(err)
	}
	w.saw(&appended.Entry)
	wantEqual(t, "log", readAll(t, s, w.room, chat.MaxPage), w.acked)
	if _, err := s.Read(cancelled, w.room, chat.Cursor{}, 1); err == nil {
		t.Error("read under a cancelled context succeeded")
	}
	if _, err := s.Scan(cancelled, d); err == nil {
		t.Error("scan under a cancelled context succeeded")
	}
}

func twoHandles(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	first, second := w.log, s.Second(t)
	for i := range 10 {
		w.log = []chat.Log{first, second}[i%2]
		w.add(t, post("번갈아"))
	}
	wantEqual(t, "log by the first handle", readAll(t, first, w.room, chat.MaxPage), w.acked)
	wantEqual(t, "log by the second handle", readAll(t, second, w.room, chat.MaxPage), w.acked)
}
