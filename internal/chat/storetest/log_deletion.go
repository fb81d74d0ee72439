package storetest

import (
	"slices"
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

// secretWords occur nowhere else, so that the raw storage can be searched for them.
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
	wantStored(t, s, w.room, secretWords[1:]...) // an edit replaces the body
	w.add(t, deletion(p.Seq))
	wantStored(t, s, w.room)
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
	wantStored(t, s, w.room, secretWords...)
	w.add(t, endRoom())
	s.empty(t, w.room)
	wantStored(t, s, w.room)
	fold, want := replay(w.acked)
	wantEqual(t, "room", must[[]chat.Room](t, "find rooms")(s.FindRooms(t.Context(), w.room))[0], fold.Room)
	wantEqual(t, "history", historyOf(t, s, w.room, chat.MaxHistory), postsOf(w))
	wantEqual(t, "log", readAll(t, s, w.room, chat.MaxPage), want)
}

// wantStored checks that of the secret words just these are stored.
func wantStored(t testing.TB, s *logTest, room chat.RoomID, want ...string) {
	t.Helper()
	stored := s.Stored(t, room)
	for _, word := range secretWords {
		if isStored := strings.Contains(stored, word); isStored != slices.Contains(want, word) {
			t.Errorf("%q is stored: %t, want %t", word, isStored, !isStored)
		}
	}
}

func roomDeletionLeavesOthers(t testing.TB, s *logTest) {
	w, other := newWriter(t, s), newWriter(t, s)
	for _, each := range []*writer{w, other} {
		p := each.add(t, post("같은 말"))
		each.add(t, edit(p.Seq, "고친 말"))
		each.add(t, topic("같은 주제"))
	}
	w.add(t, endRoom())
	s.empty(t, w.room)
	_, want := replay(other.acked)
	wantEqual(t, "log", readAll(t, s, other.room, chat.MaxPage), want)
	wantEqual(t, "history", historyOf(t, s, other.room, chat.MaxHistory), postsOf(other))
}
