package storetest

import (
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// MarksHarness gives [RunMarks] a store.
type MarksHarness struct {
	// Open returns two views of one store.
	Open func(t testing.TB) (chat.Log, chat.Marks)
	// Settle makes marks visible that the store writes a little later; nil when
	// they are visible at once.
	Settle func(t testing.TB, marks chat.Marks)
}

// markTest is one case's view of the store.
type markTest struct {
	chat.Marks
	log    chat.Log
	settle func(t testing.TB, marks chat.Marks)
}

// of returns the user's settled marks.
func (m *markTest) of(t testing.TB, user chat.UserID) map[chat.RoomID]chat.Mark {
	t.Helper()
	if m.settle != nil {
		m.settle(t, m.Marks)
	}
	return must[map[chat.RoomID]chat.Mark](t, "marks")(m.Marks.Marks(t.Context(), user))
}

type marksCase struct {
	rule string
	run  func(t testing.TB, m *markTest)
}

var marksCases = []marksCase{
	{"lets a mark only grow", marksOnlyGrow},
	{"lets the highest of many concurrent marks win", highestMarkWins},
	{"moves an author's mark to the author's own post", postMovesMark},
	{"begins a member's mark where the member joined", joiningBeginsMark},
	{"keeps marks of users and rooms apart", marksAreApart},
	{"lists mentions newest first across rooms, page by page", pagesMentions},
	{"counts mentions after each mark", countsMentions},
	{"leaves mentions when their post is edited or deleted", deletionLeavesMentions},
}

// RunMarks checks a store against the contract of chat.Marks.
func RunMarks(t *testing.T, h MarksHarness) {
	for _, c := range marksCases {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			log, marks := h.Open(t)
			c.run(t, &markTest{Marks: marks, log: log, settle: h.Settle})
		})
	}
}

func (m *markTest) advance(t testing.TB, user chat.UserID, room chat.RoomID, mark chat.Mark) (rose bool) {
	t.Helper()
	rose, err := m.Advance(t.Context(), user, room, mark)
	if err != nil {
		t.Errorf("advance to %d: %v", mark.Seq, err)
	}
	return rose
}

func markOf(seq chat.Seq) chat.Mark {
	return chat.Mark{Seq: seq, Counts: chat.Counts{Posts: int64(seq) - 1, Alls: int64(seq) / 3}}
}

func marksOnlyGrow(t testing.TB, m *markTest) {
	user, room := uniqueUser(), uniqueRoom()
	wantEqual(t, "marks of a stranger", m.of(t, user), map[chat.RoomID]chat.Mark{})
	highest := chat.Seq(0)
	for _, seq := range []chat.Seq{5, 3, 5, 9, 10, 4} {
		if rose := m.advance(t, user, room, markOf(seq)); rose != (seq > highest) {
			t.Errorf("the mark rose from %d to %d: %t", highest, seq, rose)
		}
		highest = max(highest, seq)
		wantEqual(t, "marks", m.of(t, user), map[chat.RoomID]chat.Mark{room: markOf(highest)})
	}
}

func highestMarkWins(t testing.TB, m *markTest) {
	user, room := uniqueUser(), uniqueRoom()
	concurrently(20, func(i int) { m.advance(t, user, room, markOf(chat.Seq(i*7%20+1))) })
	wantEqual(t, "marks", m.of(t, user), map[chat.RoomID]chat.Mark{room: markOf(20)})
}

func postMovesMark(t testing.TB, m *markTest) {
	w := newWriter(t, m.log)
	guest := uniqueUser()
	w.add(t, join(guest, "손님", chat.RoleMember))
	w.addPosts(t, 3)
	own := w.addAs(t, guest, chat.Content{Kind: chat.KindPosted, Text: "모두", All: true})
	w.addPosts(t, 2)
	w.addAs(t, guest, react(own.Seq, "👍")) // not a post: it says nothing of what was read
	wantEqual(t, "marks", m.of(t, guest), map[chat.RoomID]chat.Mark{w.room: chat.MarkAt(&own)})

	m.advance(t, guest, w.room, markOf(30))
	w.addAs(t, guest, post("낮은 글"))
	if m.advance(t, guest, w.room, chat.MarkAt(&own)) {
		t.Error("the mark rose to what it was at before")
	}
	wantEqual(t, "marks above the post", m.of(t, guest), map[chat.RoomID]chat.Mark{w.room: markOf(30)})
}

func joiningBeginsMark(t testing.TB, m *markTest) {
	w := newWriter(t, m.log)
	wantEqual(t, "a founder's marks", m.of(t, w.owner), map[chat.RoomID]chat.Mark{w.room: chat.MarkAt(&w.acked[0])})
	w.addPosts(t, 3)
	guest := uniqueUser()
	joined := w.add(t, join(guest, "손님", chat.RoleMember))
	wantEqual(t, "marks", m.of(t, guest), map[chat.RoomID]chat.Mark{w.room: chat.MarkAt(&joined)})
	w.addPosts(t, 2)
	w.add(t, leave(guest, chat.RoleMember))
	wantEqual(t, "marks of one who left", m.of(t, guest), map[chat.RoomID]chat.Mark{w.room: chat.MarkAt(&joined)})
	again := w.add(t, join(guest, "손님", chat.RoleMember))
	wantEqual(t, "marks of one who came back", m.of(t, guest), map[chat.RoomID]chat.Mark{w.room: chat.MarkAt(&again)})
}

func marksAreApart(t testing.TB, m *markTest) {
	base, user := uniqueRoom(), uniqueUser()
	want := map[chat.RoomID]chat.Mark{}
	for i, room := range []chat.RoomID{base, base + "-", base + "-1", base + "0"} {
		want[room] = markOf(chat.Seq(i + 1))
		m.advance(t, user, room, want[room])
	}
	m.advance(t, user+"-1", base, markOf(50))
	wantEqual(t, "marks", m.of(t, user), want)
	wantEqual(t, "another's marks", m.of(t, user+"-1"), map[chat.RoomID]chat.Mark{base: markOf(50)})
}

// mentioned writes posts that name user, in turn into rooms a and b, and
// returns the mentions newest first. Some are in the same millisecond.
func mentioned(t testing.TB, log chat.Log, user chat.UserID) (a, b *writer, mentions []chat.Mention) {
	t.Helper()
	a, b = newWriter(t, log), newWriter(t, log)
	if b.room < a.room {
		a, b = b, a
	}
	for i := range 4 {
		at := startOfTime.Add(time.Duration(i+1) * time.Second)
		for _, w := range []*writer{a, b} {
			w.addPosts(t, 1)
			d := w.draft(chat.Content{Kind: chat.KindPosted, Text: "@너", Mentions: []chat.UserID{w.owner, user}})
			d.Now = at
			e := w.commit(t, d)
			mentions = append([]chat.Mention{{Room: w.room, Seq: e.Seq, At: e.At}}, mentions...)
		}
	}
	return a, b, mentions
}

func pagesMentions(t testing.TB, m *markTest) {
	user := uniqueUser()
	_, _, want := mentioned(t, m.log, user)
	for _, limit := range []int{1, 3, 7, 8, 9, 200} {
		var got []chat.Mention
		var before chat.Mention
		for {
			page := must[[]chat.Mention](t, "mentions")(m.Mentions(t.Context(), user, before, limit))
			if len(page) == 0 {
				break
			}
			if len(page) > limit || len(got) > len(want) {
				t.Fatalf("pages of %d: %d mentions after %d", limit, len(page), len(got))
			}
			got = append(got, page...)
			before = page[len(page)-1]
		}
		wantEqual(t, "mentions", got, want)
	}
	none := must[[]chat.Mention](t, "mentions")(m.Mentions(t.Context(), uniqueUser(), chat.Mention{}, 10))
	wantEqual(t, "mentions of a stranger", none, []chat.Mention(nil))
}

func countsMentions(t testing.TB, m *markTest) {
	user := uniqueUser()
	a, b, _ := mentioned(t, m.log, user) // at seqs 3, 5, 7 and 9 of each room
	other := uniqueRoom()
	for _, c := range []struct {
		a, b         chat.Seq
		wantA, wantB int
	}{{0, 9, 4, 0}, {3, 4, 3, 3}, {8, 1000, 1, 0}} {
		after := map[chat.RoomID]chat.Seq{a.room: c.a, b.room: c.b, other: 0}
		got, err := m.CountMentions(t.Context(), user, after)
		if err != nil {
			t.Fatal(err)
		}
		if got[a.room] != c.wantA || got[b.room] != c.wantB || got[other] != 0 {
			t.Errorf("after %d and %d: %v, want %d and %d", c.a, c.b, got, c.wantA, c.wantB)
		}
	}
	got, err := m.CountMentions(t.Context(), user, map[chat.RoomID]chat.Seq{a.room: 0})
	if err != nil || got[a.room] != 4 || got[b.room] != 0 {
		t.Errorf("only room a asked: %v, %v", got, err)
	}
}

func deletionLeavesMentions(t testing.TB, m *markTest) {
	w := newWriter(t, m.log)
	user := uniqueUser()
	p := w.add(t, chat.Content{Kind: chat.KindPosted, Text: "@너", Mentions: []chat.UserID{user}})
	w.add(t, edit(p.Seq, "부르지 않는 글"))
	w.add(t, deletion(p.Seq))
	got := must[[]chat.Mention](t, "mentions")(m.Mentions(t.Context(), user, chat.Mention{}, 10))
	wantEqual(t, "mentions", got, []chat.Mention{{Room: w.room, Seq: p.Seq, At: p.At}})
}
