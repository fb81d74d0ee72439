package storetest

import (
	"fmt"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

var wordCases = []logCase{
	{rule: "keeps every legal text byte by byte", run: keepsText},
	{rule: "keeps the largest text and 20 mentions", run: keepsLargestPost},
	{rule: "shows an edited body in the log and in history", run: editShowsEverywhere},
	{rule: "shows an edited body in the post", needs: []string{"Post"}, run: editShowsInPost},
	{rule: "keeps 50 edits of a post", run: keepsFiftyEdits},
}

var unusualTexts = []string{
	"점심 뭐 먹지? 짬뽕!",
	"\u1103\u1161\u11af\u1100\u1161\u11bc", // decomposed Hangul must not be composed
	"e\u0301 is not é",
	"👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 1️⃣",
	"𓀀𝔘𠜎",
	"مرحبا \u202b bidi \u202c",
	"line\nbreak\tand tab",
	" blanks at both ends ",
	`quotes " ' \ and <b>&amp;</b> ; DROP TABLE entry; -- %s {{.}} ${x}`,
	"null", "0", "\u2028\u2029", "\ufeffbom", "\ufffd",
}

func keepsText(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	for _, text := range unusualTexts {
		p := w.add(t, post(text))
		w.add(t, edit(p.Seq, text+"!"))
		w.add(t, topic(text))
		w.add(t, rename(w.owner, text))
	}
	w.add(t, settings(unusualTexts[3], chat.Public))
	_, want := replay(w.acked)
	wantEqual(t, "log", readAll(t, s, w.room, chat.MaxPage), want)
	wantEqual(t, "history", historyOf(t, s, w.room, chat.MaxHistory), postsOf(w))
}

func keepsLargestPost(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	largest := chat.Content{Kind: chat.KindPosted, Text: largestText, ReplyTo: 1, All: true}
	for range chat.MaxMentions {
		largest.Mentions = append(largest.Mentions, uniqueUser())
	}
	p := w.add(t, largest)
	w.add(t, edit(p.Seq, largestText))
	wantEqual(t, "log", readAll(t, s, w.room, chat.MaxPage), w.acked)
	wantEqual(t, "history", historyOf(t, s, w.room, chat.MaxHistory), postsOf(w))
}

func editShowsEverywhere(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	p := w.add(t, post("처음"))
	w.addPosts(t, 1)
	for _, text := range []string{"두 번째", "세 번째"} {
		w.add(t, edit(p.Seq, text))
		_, want := replay(w.acked)
		wantEqual(t, "log", readAll(t, s, w.room, chat.MaxPage), want)
		wantEqual(t, "history", historyOf(t, s, w.room, chat.MaxHistory), postsOf(w))
		page := must[chat.LogPage](t, "read")(s.Read(t.Context(), w.room, p.Cursor(), 1))
		if page.From == nil || page.From.Text != text {
			t.Errorf("the entry at the cursor is %+v, want its body %q", page.From, text)
		}
	}
}

func editShowsInPost(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	p := w.add(t, post("처음"))
	w.add(t, edit(p.Seq, "나중"))
	got := must[chat.Post](t, "post")(s.Post(t.Context(), w.room, p.Seq))
	wantEqual(t, "post", got, postsOf(w)[0])
}

func keepsFiftyEdits(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	p := w.add(t, post("0"))
	for i := range chat.MaxEdits {
		w.add(t, edit(p.Seq, fmt.Sprint("고침 ", i+1)))
	}
	posts := historyOf(t, s, w.room, chat.MaxHistory)
	wantEqual(t, "history", posts, postsOf(w))
	if len(posts) != 1 || len(posts[0].Edits) != chat.MaxEdits || posts[0].Text != "고침 50" {
		t.Errorf("after %d edits: %+v", chat.MaxEdits, posts)
	}
	w.add(t, deletion(p.Seq))
	_, want := replay(w.acked)
	wantEqual(t, "log after the deletion", readAll(t, s, w.room, chat.MaxPage), want)
	wantEqual(t, "history after the deletion", historyOf(t, s, w.room, chat.MaxHistory), postsOf(w))
}
