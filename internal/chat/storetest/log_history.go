package storetest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

var historyCases = []logCase{
	{rule: "pages history back at 0, 1, limit and limit+1 posts", run: historyPages},
	{rule: "keeps deleted posts in history, without words", run: historyKeepsDeleted},
	{rule: "finds old posts behind more than 1,000 other entries", isLong: true, run: historyBehindOthers},
	{rule: "folds a history page forward from its cursor to the present", run: historyFoldsForward},
}

// historyOf reads all of a room's history by pages, and returns it oldest first.
func historyOf(t testing.TB, log chat.Log, room chat.RoomID, limit int) []chat.Post {
	t.Helper()
	var posts []chat.Post
	var before chat.Seq
	for {
		page, err := log.History(t.Context(), room, before, limit)
		if err != nil {
			t.Fatalf("history of %s before %d: %v", room, before, err)
		}
		if len(page.Posts) > limit {
			t.Fatalf("history of %s before %d: %d posts for a limit of %d", room, before, len(page.Posts), limit)
		}
		posts = slices.Concat(page.Posts, posts)
		if page.Before == 0 {
			return posts
		}
		if page.Before < 0 || before > 0 && page.Before >= before {
			t.Fatalf("history of %s before %d goes on before %d", room, before, page.Before)
		}
		before = page.Before
	}
}

// postsOf returns the posts that the writer's entries make, oldest first.
func postsOf(w *writer) []chat.Post {
	fold, _ := replay(w.acked)
	return postsIn(fold)
}

// postsIn returns the posts of the fold, oldest first.
func postsIn(fold *chat.Fold) []chat.Post {
	var posts []chat.Post
	for _, p := range fold.Posts {
		posts = append(posts, *p)
	}
	slices.SortFunc(posts, func(a, b chat.Post) int { return cmp.Compare(a.Seq, b.Seq) })
	return posts
}

func historyPages(t testing.TB, s *logTest) {
	const limit = 3
	for _, posts := range []int{0, 1, limit, limit + 1, 3*limit + 1} {
		w := newWriter(t, s)
		w.addPosts(t, posts)
		w.add(t, topic("끝"))
		wantEqual(t, fmt.Sprintf("history of %d posts", posts), historyOf(t, s, w.room, limit), postsOf(w))

		page := must[chat.HistoryPage](t, "history")(s.History(t.Context(), w.room, 0, limit))
		if page.Cursor != w.cursor {
			t.Errorf("the page's cursor is %s, want the head %s", page.Cursor, w.cursor)
		}
		newest := postsOf(w)[max(0, posts-limit):]
		wantEqual(t, fmt.Sprintf("first page of %d posts", posts), page.Posts, newest)
		if posts > limit && page.Before != newest[0].Seq {
			t.Errorf("the page of %d goes on before %d, want before its oldest post %d", limit, page.Before, newest[0].Seq)
		}
	}
	w := newWriter(t, s)
	w.addPosts(t, 5)
	page := must[chat.HistoryPage](t, "history")(s.History(t.Context(), w.room, 4, chat.MaxHistory))
	wantEqual(t, "posts before seq 4", page.Posts, postsOf(w)[:2])
	page = must[chat.HistoryPage](t, "history")(s.History(t.Context(), w.room, 1, chat.MaxHistory))
	wantEqual(t, "page before entry 1", page, chat.HistoryPage{Cursor: w.cursor})
	page = must[chat.HistoryPage](t, "history")(s.History(t.Context(), w.room, 500, chat.MaxHistory))
	wantEqual(t, "posts before a seq beyond the head", page.Posts, postsOf(w))
}

func historyKeepsDeleted(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	w.addPosts(t, 4)
	w.add(t, react(3, "👍"))
	w.add(t, edit(3, "고침"))
	w.add(t, deletion(3))
	w.add(t, deletion(5))
	got := historyOf(t, s, w.room, 2)
	wantEqual(t, "history", got, postsOf(w))
	if len(got) != 4 || got[1].Deleted == 0 || got[1].Text != "" || len(got[1].Reactions) != 1 {
		t.Errorf("the deleted post is not there without its words: %+v", got)
	}
}

func historyBehindOthers(t testing.TB, s *logTest) {
	const others = chat.MaxPage + 30
	w := newWriter(t, s)
	w.add(t, post("아주 오래된 글"))
	for i := range others {
		w.addQuickly(t, topic(fmt.Sprintf("주제 %d", i)))
	}
	w.add(t, post("새 글"))
	wantEqual(t, "history", historyOf(t, s, w.room, chat.MaxHistory), postsOf(w))
	wantEqual(t, "log by full pages", readAll(t, s, w.room, chat.MaxPage), w.acked)
}

func historyFoldsForward(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	w.addPosts(t, 6)
	head := w.cursor.Seq
	done := make(chan struct{})
	pages := []chat.HistoryPage{pageBefore(t, s, w.room, head+1)}
	concurrently(2, func(i int) {
		if i == 0 {
			defer close(done)
			changePosts(t, w, head)
			return
		}
		for !isClosed(done) {
			page := pageBefore(t, s, w.room, head+1)
			if page.Cursor != pages[len(pages)-1].Cursor {
				pages = append(pages, page)
			}
		}
	})
	pages = append(pages, pageBefore(t, s, w.room, head+1))
	fold, _ := replay(w.acked)
	log := readAll(t, s, w.room, chat.MaxPage)
	for _, page := range pages {
		posts := map[chat.Seq]*chat.Post{}
		for i := range page.Posts {
			posts[page.Posts[i].Seq] = &page.Posts[i]
		}
		for i := page.Cursor.Seq; int(i) < len(log); i++ {
			if p := posts[log[i].Post]; p != nil {
				p.Apply(&log[i])
			}
		}
		for _, seq := range slices.Sorted(maps.Keys(posts)) {
			wantEqual(t, fmt.Sprintf("post %d read at %s, folded forward", seq, page.Cursor), presentOf(posts[seq]), presentOf(fold.Posts[seq]))
		}
	}
}

// pageBefore reads a full page. It runs beside a writer and therefore reports with
// Errorf.
func pageBefore(t testing.TB, log chat.Log, room chat.RoomID, before chat.Seq) chat.HistoryPage {
	t.Helper()
	page, err := log.History(t.Context(), room, before, chat.MaxHistory)
	if err != nil {
		t.Errorf("history of %s before %d: %v", room, before, err)
	}
	return page
}

// changePosts reacts to, edits and deletes the posts up to head. It runs beside a
// reader and therefore reports with Errorf.
func changePosts(t testing.TB, w *writer, head chat.Seq) {
	for round := range 6 {
		for seq := chat.Seq(2); seq <= head; seq++ {
			c := react(seq, "👍")
			switch {
			case round == 5 && seq%2 == 0:
				c = deletion(seq)
			case round%2 == 1:
				c = edit(seq, fmt.Sprintf("고침 %d", round))
			}
			appended, err := send(t.Context(), w.log, w.draft(c))
			if err != nil {
				t.Errorf("change post %d: %v", seq, err)
				return
			}
			w.saw(&appended.Entry)
		}
	}
}

// presentOf sorts a post's reactions: in a page that was read late and folded
// forward their order may differ.
func presentOf(p *chat.Post) chat.Post {
	out := *p
	out.Reactions = slices.Clone(p.Reactions)
	slices.SortFunc(out.Reactions, func(a, b chat.Reaction) int { return cmp.Compare(a.Seq, b.Seq) })
	return out
}
