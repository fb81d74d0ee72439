package storetest

import (
	"strings"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

var deletionCases = []logCase{
	{rule: "empties a deleted post and each of its edits", run: deletionEmpties},
	{rule: "keeps none of a deleted post's words in its storage", needs: []string{"Stored"}, run: deletionErasesStorage},
	{rule: "empties every post, edit and topic of a deleted room", needs: []string{"FindRooms", "Stored"}, run: roomDeletionEmpties},
	{rule: "leaves other rooms' words alone when one is deleted", run: roomDeletionLeavesOthers},
	{rule: "leaves other posts' words alone when one is deleted", run: deletionLeavesOthers},
}

// secretWords occur nowhere else, so that a raw look for them means something.
var secretWords = []string{"비밀점심XQJ", "secretzebraXQJ", "고친짬뽕XQJ"}

func deletionEmpties(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	p := w.add(t, post(secretWords[0]))
	w.add(t, edit(p.Seq, secretWords[1]))
	w.addPosts(t, 2)
	w.add(t, edit(p.Seq, secretWords[2]))
	w.add(t, deletion(p.Seq))
	log := readAll(t, s, w.room, chat.MaxPage)
	_, want := replay(w.acked)
	wantEqual(t, "log", log, want)
	for _, e := range log {
		concerns := e.Seq == p.Seq || e.Post == p.Seq && e.Kind == chat.KindEdited
		if e.IsErased() != concerns {
			t.Errorf("entry %d, %s: erased is %t, want %t", e.Seq, e.Kind, e.IsErased(), concerns)
		}
	}
	wantEqual(t, "history", historyOf(t, s, w.room, chat.MaxHistory), postsOf(w))
	page := must[chat.LogPage](t, "read")(s.Read(t.Context(), w.room, p.Cursor(), 1))
	if page.From == nil || page.From.Text != "" {
		t.Errorf("the entry at the cursor still has words: %+v", page.From)
	}
}

func deletionErasesStorage(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	p := w.add(t, chat.Content{Kind: chat.KindPosted, Text: secretWords[0], Mentions: []chat.UserID{w.owner}})
	w.add(t, edit(p.Seq, secretWords[1]))
	w.add(t, edit(p.Seq, secretWords[2]))
	stored := s.Stored(t, w.room)
	for _, words := range secretWords {
		if strings.Contains(stored, words) != (words != secretWords[0]) {
			t.Errorf("before the deletion, %q being stored is %t", words, strings.Contains(stored, words))
		}
	}
	w.add(t, deletion(p.Seq))
	stored = s.Stored(t, w.room)
	for _, words := range secretWords {
		if strings.Contains(stored, words) {
			t.Errorf("%q is still stored", words)
		}
	}
}

func deletionLeavesOthers(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	a, b := w.add(t, post("같은 말")), w.add(t, post("같은 말"))
	w.add(t, edit(a.Seq, "고친 말"))
	w.add(t, edit(b.Seq, "고친 말"))
	w.add(t, edit(a.Seq, "또 고친 말"))
	w.add(t, deletion(a.Seq))
	w.add(t, edit(b.Seq, "더 고친 말"))
	_, want := replay(w.acked)
	wantEqual(t, "log", readAll(t, s, w.room, chat.MaxPage), want)
	wantEqual(t, "history", historyOf(t, s, w.room, chat.MaxHistory), postsOf(w))
}

func roomDeletionEmpties(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	p := w.add(t, post("처음"))
	w.add(t, edit(p.Seq, secretWords[0]))
	w.add(t, post(secretWords[1]))
	w.add(t, topic(secretWords[2]))
	w.add(t, endRoom())

	stored := s.Stored(t, w.room)
	for _, words := range secretWords {
		if isStored := strings.Contains(stored, words); isStored != s.harness.EmptiesDeletedRoomsLater {
			t.Errorf("after the room's deletion, %q being stored is %t", words, isStored)
		}
	}
	room := must[[]chat.Room](t, "find rooms")(s.FindRooms(t.Context(), w.room))[0]
	posts := historyOf(t, s, w.room, chat.MaxHistory)
	if s.harness.EmptiesDeletedRoomsLater {
		room.Topic = ""
		for i := range posts {
			posts[i].Text = ""
		}
	}
	fold, want := replay(w.acked)
	wantEqual(t, "room", room, fold.Room)
	wantEqual(t, "history", posts, postsOf(w))
	wantEqual(t, "log", s.emptied(readAll(t, s, w.room, chat.MaxPage)), want)
}

// emptied leaves aside the words in a deleted room's log that the store is to
// empty later, so that the rest can be compared.
func (s *logTest) emptied(log []chat.Entry) []chat.Entry {
	if s.harness.EmptiesDeletedRoomsLater {
		emptyAll(log)
	}
	return log
}

func roomDeletionLeavesOthers(t testing.TB, s *logTest) {
	w, other := newWriter(t, s), newWriter(t, s)
	for _, each := range []*writer{w, other} {
		p := each.add(t, post("같은 말"))
		each.add(t, edit(p.Seq, "고친 말"))
		each.add(t, topic("같은 주제"))
	}
	w.add(t, endRoom())
	_, want := replay(other.acked)
	wantEqual(t, "log", readAll(t, s, other.room, chat.MaxPage), want)
	wantEqual(t, "history", historyOf(t, s, other.room, chat.MaxHistory), postsOf(other))
}
