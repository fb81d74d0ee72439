package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// SearchHarness gives [RunSearch] a store.
type SearchHarness struct {
	// Open returns two views of one store.
	Open func(t testing.TB) (chat.Log, chat.Search)
}

type searchCase struct {
	rule string
	run  func(t testing.TB, log chat.Log, search chat.Search)
}

var searchCases = []searchCase{
	{"matches words as people mean them", matchesWords},
	{"takes operators and quotes as plain text", takesOperatorsAsText},
	{"finds an edited post by its new words only", findsEditedWords},
	{"finds nothing of a deleted post", findsNothingDeleted},
	{"searches only the rooms given", searchesGivenRooms},
	{"finds the newest first across rooms, page by page", pagesFound},
	{"returns posts with their state", returnsPostState},
	{"finds words at the end of the largest post", findsInLargestPost},
	{"takes the longest query", takesLongestQuery},
	{"refuses a page that no search gave", refusesMadeUpPage},
}

// RunSearch checks a store against the contract of chat.Search.
func RunSearch(t *testing.T, h SearchHarness) {
	for _, c := range searchCases {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			log, search := h.Open(t)
			c.run(t, log, search)
		})
	}
}

// find searches by pages of limit until there is no more.
func find(t testing.TB, search chat.Search, text string, limit int, rooms ...chat.RoomID) []chat.Post {
	t.Helper()
	q := chat.Query{Rooms: rooms, Text: text, Limit: limit}
	var posts []chat.Post
	for range 1000 {
		found, err := search.Search(t.Context(), q)
		if err != nil {
			t.Fatalf("search %q before %q: %v", text, q.Before, err)
		}
		if len(found.Posts) > limit {
			t.Fatalf("search %q: %d posts for a limit of %d", text, len(found.Posts), limit)
		}
		posts = append(posts, found.Posts...)
		if found.Next == "" {
			return posts
		}
		q.Before = found.Next
	}
	t.Fatalf("search %q: pages without end", text)
	return nil
}

func textsOf(posts []chat.Post) []string {
	var texts []string
	for _, p := range posts {
		texts = append(texts, p.Text)
	}
	slices.Sort(texts)
	return texts
}

// wantTexts requires that the query finds exactly these texts.
func wantTexts(t testing.TB, search chat.Search, room chat.RoomID, query string, want ...string) {
	t.Helper()
	slices.Sort(want)
	wantEqual(t, fmt.Sprintf("found by %q", query), textsOf(find(t, search, query, chat.MaxHistory, room)), want)
}

func matchesWords(t testing.TB, log chat.Log, search chat.Search) {
	const (
		lunch   = "오늘 점심은 짬뽕밥 어때요?"
		noodles = "해물짬뽕, 짜장면"
		english = "Deploying the Café server v2.10 today"
		decomp  = "\u110c\u1165\u11b7\u1109\u1175\u11b7 cafe\u0301s" // 점심 cafés, decomposed
		mixed   = "API서버 배포완료 2차"
		chinese = "我们去北京大学吧"
		kana    = "ラーメンを食べたい"
		emoji   = "👍🎉"
	)
	w := newWriter(t, log)
	for _, text := range []string{lunch, noodles, english, decomp, mixed, chinese, kana, emoji} {
		w.add(t, post(text))
	}
	for query, want := range map[string][]string{
		"점심": {lunch, decomp}, "점심은": {lunch},
		"짬뽕": {lunch, noodles}, "뽕밥": {lunch}, "짬뽕밥": {lunch}, "해물짬뽕": {noodles},
		"짬": {lunch}, "짜": {noodles}, "뽕": nil, "해": {noodles}, // one syllable: only where a word begins
		"점심 짬뽕": {lunch}, "짬뽕 점심": {lunch}, "짬뽕 저녁": nil, "점심짬뽕": nil,
		"\u110c\u1165\u11b7\u1109\u1175\u11b7": {lunch, decomp}, // 점심, decomposed
		"deploy":                               {english}, "DEPLOYING": {english}, "ploying": nil, "serv tod": {english}, "t": {english},
		"café": {english, decomp}, "cafe\u0301": {english, decomp},
		"v2": {english}, "10": {english},
		"api": {mixed}, "서버": {mixed}, "API서버": {mixed}, "완료": {mixed}, "2차": {mixed}, "차": {mixed},
		"北京": {chinese}, "京大": {chinese}, "北京 大学": {chinese}, "東京": nil,
		"ラーメン": {kana}, "食べ": {kana}, "べた": {kana},
		"없는말": nil, "zebra": nil,
	} {
		wantTexts(t, search, w.room, query, want...)
	}
}

func takesOperatorsAsText(t testing.TB, log chat.Log, search chat.Search) {
	const lunch, dinner, both = "점심 meal", "저녁 meal", "점심 or 저녁 near not and body"
	w := newWriter(t, log)
	for _, text := range []string{lunch, dinner, both} {
		w.add(t, post(text))
	}
	for query, want := range map[string][]string{
		`점심 OR 저녁`: {both}, `점심 NOT 저녁`: {both}, `점심 AND 저녁`: {both}, `NEAR(점심 저녁)`: {both},
		`"점심`: {lunch, both}, `"점심"`: {lunch, both}, `'점심'`: {lunch, both}, `""점심"" "`: {lunch, both},
		`점심*`: {lunch, both}, `*점심`: {lunch, both}, `^점심`: {lunch, both}, `-점심`: {lunch, both}, `+점심`: {lunch, both},
		`(점심`: {lunch, both}, `점심)`: {lunch, both}, `{점심}`: {lunch, both}, `body:점심`: {both}, `점심;--`: {lunch, both},
		`점심%`: {lunch, both}, `me_l`: nil, `me%l`: nil, `\점심\`: {lunch, both}, "점심\t\n": {lunch, both},
		`*`: nil, `"`: nil, `""`: nil, `:`: nil, `^`: nil, ` `: nil, `()`: nil, `-`: nil, "👍": nil, `%`: nil,
	} {
		wantTexts(t, search, w.room, query, want...)
	}
}

func findsEditedWords(t testing.TB, log chat.Log, search chat.Search) {
	w := newWriter(t, log)
	p := w.add(t, post("처음 짬뽕 alpha"))
	w.add(t, edit(p.Seq, "나중 짜장 beta"))
	for _, old := range []string{"짬뽕", "alpha", "처음"} {
		wantTexts(t, search, w.room, old)
	}
	for _, now := range []string{"짜장", "beta", "나중"} {
		wantTexts(t, search, w.room, now, "나중 짜장 beta")
	}
	w.add(t, edit(p.Seq, "다시 짬뽕"))
	wantTexts(t, search, w.room, "짬뽕", "다시 짬뽕")
	wantTexts(t, search, w.room, "짜장")
}

func findsNothingDeleted(t testing.TB, log chat.Log, search chat.Search) {
	w := newWriter(t, log)
	gone := w.add(t, post("지울 짬뽕"))
	w.add(t, edit(gone.Seq, "지울 짜장"))
	w.add(t, post("남을 짬뽕 짜장"))
	w.add(t, topic("짬뽕 짜장"))
	w.add(t, deletion(gone.Seq))
	wantTexts(t, search, w.room, "짬뽕", "남을 짬뽕 짜장")
	wantTexts(t, search, w.room, "짜장", "남을 짬뽕 짜장")
	wantTexts(t, search, w.room, "지울")
}

func searchesGivenRooms(t testing.TB, log chat.Log, search chat.Search) {
	base := uniqueRoom()
	a := newWriterOf(t, log, base, chat.Public)
	b := newWriterOf(t, log, base+"-1", chat.Private)
	c := newWriterOf(t, log, base+"-", chat.Public)
	for _, w := range []*writer{a, b, c} {
		w.add(t, post("점심 in "+string(w.room)))
	}
	wantTexts(t, search, a.room, "점심", "점심 in "+string(a.room))
	wantTexts(t, search, uniqueRoom(), "점심")
	got := find(t, search, "점심", 10, c.room, uniqueRoom(), a.room, a.room)
	want := []string{"점심 in " + string(a.room), "점심 in " + string(c.room)}
	wantEqual(t, "found in two rooms", textsOf(got), want)

	rooms := []chat.RoomID{b.room}
	for len(rooms) < chat.MaxRooms {
		rooms = append(rooms, uniqueRoom())
	}
	wantEqual(t, "found in MaxRooms rooms", textsOf(find(t, search, "점심", 10, rooms...)), []string{"점심 in " + string(b.room)})
}

func pagesFound(t testing.TB, log chat.Log, search chat.Search) {
	a, b := newWriter(t, log), newWriter(t, log)
	if b.room < a.room {
		a, b = b, a
	}
	var want []chat.Post
	for i := range 6 {
		for _, w := range []*writer{a, b} {
			w.add(t, post("다른 이야기"))
			d := w.draft(post(fmt.Sprintf("짬뽕 lunch %d", i)))
			d.Now = startOfTime.Add(time.Duration(i+1) * time.Second) // the same in both rooms
			want = append([]chat.Post{{Entry: w.commit(t, d)}}, want...)
		}
	}
	for _, query := range []string{"짬뽕", "lun", "lunch 짬뽕"} {
		for _, limit := range []int{1, 5, 11, 12, 13, chat.MaxHistory} {
			wantEqual(t, fmt.Sprintf("%q by pages of %d", query, limit), find(t, search, query, limit, b.room, a.room), want)
		}
	}
}

func returnsPostState(t testing.TB, log chat.Log, search chat.Search) {
	w := newWriter(t, log)
	p := w.add(t, chat.Content{Kind: chat.KindPosted, Text: "짬뽕", ReplyTo: 1, Mentions: []chat.UserID{w.owner}, All: true})
	w.add(t, edit(p.Seq, "짬뽕!"))
	w.addAs(t, uniqueUser(), react(p.Seq, "👍"))
	wantEqual(t, "found", find(t, search, "짬뽕", 10, w.room), postsOf(w))
}

func refusesMadeUpPage(t testing.TB, log chat.Log, search chat.Search) {
	w := newWriter(t, log)
	w.add(t, post("짬뽕"))
	for _, before := range []string{"made up", "0", "-", "' OR 1=1 --", "\x00"} {
		_, err := search.Search(t.Context(), chat.Query{Rooms: []chat.RoomID{w.room}, Text: "짬뽕", Before: before, Limit: 10})
		wantCode(t, fmt.Sprintf("before %q", before), err, chat.CodeInvalid)
	}
}

func findsInLargestPost(t testing.TB, log chat.Log, search chat.Search) {
	w := newWriter(t, log)
	text := strings.Repeat("가나다라 ", chat.MaxText/5-2) + "짬뽕 zebra"
	w.add(t, post(text))
	for _, query := range []string{"짬뽕", "zeb", "다라 짬뽕"} {
		wantTexts(t, search, w.room, query, text)
	}
	w.add(t, edit(2, largestText))
	wantTexts(t, search, w.room, "짬뽕")
}

func takesLongestQuery(t testing.TB, log chat.Log, search chat.Search) {
	w := newWriter(t, log)
	korean, english := strings.Repeat("짬뽕", chat.MaxQuery/2), strings.Repeat("noodles ", chat.MaxQuery/8)
	w.add(t, post(korean+"밥"))
	w.add(t, post(english))
	wantTexts(t, search, w.room, korean, korean+"밥")
	wantTexts(t, search, w.room, english, english)
	wantTexts(t, search, w.room, strings.Repeat("x ", chat.MaxQuery/2))
}
