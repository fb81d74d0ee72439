package storetest

import (
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

var reactionCases = []logCase{
	{rule: "sets and removes reactions of several users and emoji", run: reactionsComeAndGo},
	{rule: "loses no reaction of many users at once", run: reactionsAtOnce},
	{rule: "keeps reactions across edits and deletion", run: reactionsOutliveWords},
}

// emoji that stores might confuse: joined, with and without skin tone or
// variation selector, keycap, flag of tags.
var unusualEmoji = []string{"👍", "👍🏽", "❤", "❤️", "👩‍👩‍👧‍👦", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇰🇷"}

func reactionsComeAndGo(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	p := w.add(t, post("글")).Seq
	users := []chat.UserID{uniqueUser(), uniqueUser(), uniqueUser()}
	for _, user := range users {
		for _, emoji := range unusualEmoji {
			w.addAs(t, user, react(p, emoji))
		}
	}
	wantEqual(t, "all set", historyOf(t, s, w.room, 10), postsOf(w))
	w.addAs(t, users[1], unreact(p, unusualEmoji[2]))
	w.addAs(t, users[2], unreact(p, unusualEmoji[0]))
	w.addAs(t, users[2], unreact(p, "🤷"))           // one that was never set
	w.addAs(t, users[0], react(p, unusualEmoji[1])) // set again: it is newer now
	w.addAs(t, users[2], react(p, unusualEmoji[0]))
	wantEqual(t, "some removed, one set again", historyOf(t, s, w.room, 10), postsOf(w))
	for _, user := range users {
		for _, emoji := range unusualEmoji {
			w.addAs(t, user, unreact(p, emoji))
		}
	}
	wantEqual(t, "all removed", historyOf(t, s, w.room, 10), postsOf(w))
	if left := historyOf(t, s, w.room, 10)[0].Reactions; len(left) > 0 {
		t.Errorf("reactions are left: %v", left)
	}
}

func reactionsAtOnce(t testing.TB, s *logTest) {
	const users = 25
	w := newWriter(t, s)
	p := w.add(t, post("글")).Seq
	from := w.cursor
	concurrently(users, func(i int) {
		user := &sender{log: s, room: w.room, author: uniqueUser(), cursor: from}
		moves := []chat.Content{react(p, "👍"), react(p, "🎉"), unreact(p, "👍")}
		for _, c := range moves[:2+i%2] {
			d := user.draft("")
			d.Content = c
			appended, err := send(t.Context(), s, d)
			if err != nil {
				t.Errorf("react: %v", err)
				return
			}
			user.cursor = appended.Entry.Cursor()
		}
	})
	w.acked = readAll(t, s, w.room, chat.MaxPage)
	posts := historyOf(t, s, w.room, 10)
	wantEqual(t, "history against the log's fold", posts, postsOf(w))
	if want := 2*users - users/2; len(posts[0].Reactions) != want {
		t.Errorf("%d reactions stand, want %d", len(posts[0].Reactions), want)
	}
}

func reactionsOutliveWords(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	p := w.add(t, post("글")).Seq
	w.add(t, react(p, "👍"))
	w.add(t, edit(p, "고친 글"))
	w.addAs(t, uniqueUser(), react(p, "👍"))
	wantEqual(t, "edited", historyOf(t, s, w.room, 10), postsOf(w))
	w.add(t, deletion(p))
	wantEqual(t, "deleted", historyOf(t, s, w.room, 10), postsOf(w))
}
