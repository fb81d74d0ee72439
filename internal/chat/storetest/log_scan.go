package storetest

import (
	"errors"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

var scanCases = []logCase{
	{rule: "scans to the head and lists the entries that touch something", run: scansToHead},
	{rule: "looks at 256 entries after since and not at the 257th", isLong: true, run: scanBounds},
	{rule: "refuses a cursor that is not of this log as stale with reset", run: refusesForeignCursor},
	{rule: "scans a since of 0 from entry 1", run: scansFromZero},
}

func scansToHead(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	d := w.draft(post("훑기"))
	guest := uniqueUser()
	w.add(t, post("지나감"))
	w.add(t, join(guest, "손님", chat.RoleMember))
	w.add(t, topic("주제"))
	scanned := scan(t, s, d)
	wantEqual(t, "head", scanned.Head, w.acked[3].Head())
	if scanned.Found != nil {
		t.Errorf("found %+v for an entry that was never sent", scanned.Found)
	}
	wantEqual(t, "passed entries that touch something", touching(scanned.Passed), w.acked[2:])

	d.Since = w.cursor
	scanned = scan(t, s, d)
	wantEqual(t, "scan from the head", *scanned, chat.Scanned{Head: w.acked[3].Head()})
}

// touching drops the entries that a store may leave out of Passed.
func touching(entries []chat.Entry) []chat.Entry {
	var out []chat.Entry
	for i := range entries {
		if len(chat.Touches(&entries[i])) > 0 {
			out = append(out, entries[i])
		}
	}
	return out
}

func scanBounds(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	d := w.draft(post("한참 뒤"))
	sentFirst := w.draft(post("맨 처음"))
	w.commit(t, sentFirst)
	w.addPosts(t, chat.MaxScan-2)
	sentLast := w.draft(post("맨 끝"))
	sentLast.Since = d.Since
	last := w.commit(t, sentLast)

	scanned := scan(t, s, d)
	wantEqual(t, "head at exactly 256 after since", scanned.Head, last.Head())
	wantResend(t, s, sentFirst, w.acked[1])
	wantResend(t, s, sentLast, last)

	w.addPosts(t, 1)
	_, err := s.Scan(t.Context(), d)
	wantStale(t, "257 after since", err, w.cursor, false)
	wantResend(t, s, sentFirst, w.acked[1])
	wantResend(t, s, sentLast, last)

	d.Since = w.acked[1].Cursor()
	w.commit(t, d)
}

func wantStale(t testing.TB, what string, err error, head chat.Cursor, reset bool) {
	t.Helper()
	var stale *chat.Error
	if !errors.As(err, &stale) || stale.Code != chat.CodeStale {
		t.Errorf("%s: got error %v, want code stale", what, err)
		return
	}
	if stale.Head != head || stale.Reset != reset {
		t.Errorf("%s: stale with head %s and reset %t, want %s and %t", what, stale.Head, stale.Reset, head, reset)
	}
}

// foreignCursors are cursors that w's log does not hold.
func foreignCursors(w *writer) map[string]chat.Cursor {
	other := chat.TagOf(uniqueUser(), "elsewhere")
	return map[string]chat.Cursor{
		"another entry at entry 1":  {Seq: 1, Tag: other},
		"another entry in between":  {Seq: 2, Tag: other},
		"another entry at the head": {Seq: w.cursor.Seq, Tag: other},
		"the tag of the one before": {Seq: 3, Tag: w.acked[1].Cursor().Tag},
		"one beyond the head":       {Seq: w.cursor.Seq + 1, Tag: w.cursor.Tag},
		"far beyond the head":       {Seq: 999_999_999_999, Tag: other},
	}
}

func refusesForeignCursor(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	w.addPosts(t, 4)
	for what, cursor := range foreignCursors(w) {
		d := w.draft(post("딴 데서"))
		d.Since = cursor
		_, err := s.Scan(t.Context(), d)
		wantStale(t, what, err, w.cursor, true)
	}
}

func scansFromZero(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	w.addPosts(t, 3)
	d := w.draft(post("처음부터"))
	d.Since = chat.Cursor{}
	scanned := scan(t, s, d)
	wantEqual(t, "head", scanned.Head, w.acked[3].Head())
	wantEqual(t, "passed entries that touch something", touching(scanned.Passed), w.acked[:1])
	w.commit(t, d)
}
