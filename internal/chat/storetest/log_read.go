package storetest

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/maru-chat/maru/internal/chat"
)

var readCases = []logCase{
	{rule: "pages forward at 0, 1, limit and limit+1 entries", run: readPages},
	{rule: "reads the same log by pages of any size", run: readByAnyLimit},
	{rule: "refuses to read from a cursor that is not of this log", run: readFromForeignCursor},
	{rule: "cuts a page at about 1 MB and says that there is more", isLong: true, run: readLargePages},
}

func readPages(t testing.TB, s *logTest) {
	const limit = 4
	w := newWriter(t, s)
	w.addPosts(t, 9)
	for _, follow := range []int{0, 1, limit, limit + 1} {
		at := len(w.acked) - follow
		from := w.acked[at-1]
		page := must[chat.LogPage](t, "read")(s.Read(t.Context(), w.room, from.Cursor(), limit))
		want := chat.LogPage{From: &from, Entries: w.acked[at:], More: follow > limit}
		want.Entries = want.Entries[:min(follow, limit)]
		wantEqual(t, fmt.Sprintf("page with %d entries to follow", follow), page, want)
	}
	page := must[chat.LogPage](t, "read")(s.Read(t.Context(), w.room, chat.Cursor{}, limit))
	wantEqual(t, "page from 0", page, chat.LogPage{Entries: w.acked[:limit], More: true})
	page = must[chat.LogPage](t, "read")(s.Read(t.Context(), w.room, chat.Cursor{}, len(w.acked)))
	wantEqual(t, "page of the whole log", page, chat.LogPage{Entries: w.acked})
}

func readByAnyLimit(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	w.addPosts(t, 11)
	for _, limit := range []int{1, 2, 11, 12, 13, chat.MaxPage} {
		wantEqual(t, fmt.Sprintf("log by pages of %d", limit), readAll(t, s, w.room, limit), w.acked)
	}
}

func readFromForeignCursor(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	w.addPosts(t, 4)
	for what, cursor := range foreignCursors(w) {
		_, err := s.Read(t.Context(), w.room, cursor, 10)
		wantStale(t, what, err, w.cursor, true)
	}
	_, err := s.Read(t.Context(), uniqueRoom(), w.cursor, 10)
	wantCode(t, "a room without a log", err, chat.CodeNotFound)
}

// largestText is the longest legal message in the most bytes: 16,000.
var largestText = strings.Repeat("𓀀", chat.MaxText)

func readLargePages(t testing.TB, s *logTest) {
	const posts = 100
	if n := utf8.RuneCountInString(largestText); n != chat.MaxText || len(largestText) != 4*n {
		t.Fatalf("the largest text has %d characters in %d bytes", n, len(largestText))
	}
	w := newWriter(t, s)
	for range posts {
		w.add(t, post(largestText))
	}
	page := must[chat.LogPage](t, "read")(s.Read(t.Context(), w.room, chat.Cursor{}, chat.MaxPage))
	size := 0
	for _, e := range page.Entries {
		size += len(e.Text)
	}
	if !page.More || size > 1_200_000 || size < 200_000 {
		t.Errorf("a page has %d entries with %d bytes of text, more: %t; want about 1 MB and more", len(page.Entries), size, page.More)
	}
	wantEqual(t, "log", readAll(t, s, w.room, chat.MaxPage), w.acked)
	wantEqual(t, "history", historyOf(t, s, w.room, chat.MaxHistory), postsOf(w))
}
