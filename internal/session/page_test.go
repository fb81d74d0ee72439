package session_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/session"
	"github.com/maru-chat/maru/internal/wire"
)

func TestHandler_join(t *testing.T) {
	t.Parallel()

	t.Run("answers a join without a cursor with a snapshot", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		n := w.post(t, w.alice, "p", "hello")
		w.say(t, w.bob, fmt.Sprintf(`{"action":"react","room":"lobby","id":"r","since":%q,"post":%d,"emoji":"👍"}`, w.head(t), n))
		got := answer[*wire.RoomJoined](t, w, w.bob, `{"action":"join","ref":"1","room":"lobby"}`)
		if got.Ref != "1" || got.Room.ID != lobby || got.Role != chat.RoleMember || got.Room.Members != 2 {
			t.Errorf("room: %+v", got)
		}
		if got.Cursor != wire.Cursor(w.head(t)) || got.Before != 0 || got.Unread.Posts != 1 {
			t.Errorf("place: %+v", got)
		}
		if len(got.Posts) != 1 {
			t.Fatalf("posts: %+v", got.Posts)
		}
		want := []wire.Reaction{{Emoji: "👍", Count: 1, Users: []chat.UserID{w.bob.User}, Mine: true, Seq: n + 1}}
		if diff := cmp.Diff(want, got.Posts[0].Reactions); diff != "" {
			t.Error(diff)
		}
		names := map[chat.UserID]string{w.alice.User: "Alice", w.bob.User: "Bob"}
		if diff := cmp.Diff(names, got.Names); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("names the other person of a direct room", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		opened, err := w.OpenDirect(t.Context(), w.alice.User, w.bob.User)
		if err != nil {
			t.Fatal(err)
		}
		got := answer[*wire.RoomJoined](t, w, w.alice, fmt.Sprintf(`{"action":"join","ref":"1","room":%q}`, opened.Room))
		if got.Peer == nil || got.Peer.User != w.bob.User || got.Peer.Name != "Bob" {
			t.Errorf("peer: %+v", got.Peer)
		}
	})

	t.Run("answers the entries after a cursor, with their authors' names", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		before := w.head(t)
		n := w.post(t, w.alice, "p", "hello")
		got := answer[*wire.EntriesListed](t, w, w.bob, fmt.Sprintf(`{"action":"join","ref":"1","room":"lobby","cursor":%q}`, before))
		if len(got.Entries) != 1 || got.Entries[0].Seq != n || got.Entries[0].Text != "hello" {
			t.Fatalf("entries: %+v", got.Entries)
		}
		if got.More || got.Cursor != wire.Cursor(w.head(t)) || got.Names[w.alice.User] != "Alice" {
			t.Errorf("page: %+v", got)
		}
		end := answer[*wire.EntriesListed](t, w, w.bob, fmt.Sprintf(`{"action":"join","ref":"2","room":"lobby","cursor":%q}`, w.head(t)))
		if len(end.Entries) != 0 || end.Cursor != wire.Cursor(w.head(t)) {
			t.Errorf("at the head: %+v", end)
		}
	})

	t.Run("answers with a snapshot more than 1,000 entries behind, and with entries if the frame has whole", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		start := w.head(t)
		for i := range chat.MaxBehind + 1 {
			w.post(t, w.alice, fmt.Sprintf("p%d", i), "hello")
		}
		line := `{"action":"join","ref":"1","room":"lobby","cursor":%q%s}`
		joined := answer[*wire.RoomJoined](t, w, w.bob, fmt.Sprintf(line, start, ""))
		if joined.Before == 0 || joined.Posts[0].Seq != joined.Before {
			t.Errorf("posts begin at %d, older ones are said to lie before %d", joined.Posts[0].Seq, joined.Before)
		}
		whole := answer[*wire.EntriesListed](t, w, w.bob, fmt.Sprintf(line, start, `,"whole":true`))
		if !whole.More || whole.Entries[0].Seq != start.Seq+1 {
			t.Errorf("whole: more %t, first %d", whole.More, whole.Entries[0].Seq)
		}
		seqs := readOn(t, w, whole)
		if last := seqs[len(seqs)-1]; last != w.head(t).Seq || len(seqs) != chat.MaxBehind+1 {
			t.Errorf("read %d entries up to %d", len(seqs), last)
		}
		refused := answer[*wire.Error](t, w, w.bob, `{"action":"join","ref":"1","room":"lobby","whole":true}`)
		if refused.Code != chat.CodeInvalid {
			t.Errorf("whole without a cursor gets %+v", refused)
		}
	})

	t.Run("resets a cursor that the log does not hold, and refuses the frame", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		head := wire.Cursor(w.head(t))
		foreign := fmt.Sprintf("%d.ffffffff", head.Seq)
		for _, line := range []string{
			`{"action":"join","ref":"1","room":"lobby","cursor":%q}`,
			`{"action":"entries","ref":"1","room":"lobby","cursor":%q}`,
			`{"action":"mark","ref":"1","room":"lobby","cursor":%q}`,
			`{"action":"send","ref":"1","room":"lobby","id":"e","since":%q,"text":"x"}`,
		} {
			frames := w.say(t, w.alice, fmt.Sprintf(line, foreign))
			if len(frames) != 2 {
				t.Fatalf("%s: answered %+v", line, frames)
			}
			if diff := cmp.Diff(&wire.CursorReset{Room: lobby, Head: head}, frames[0]); diff != "" {
				t.Errorf("%s\n%s", line, diff)
			}
			refused := frames[1].(*wire.Error)
			if refused.Code != chat.CodeStale || *refused.Head != head || refused.Ref != "1" {
				t.Errorf("%s: %+v", line, refused)
			}
		}
		if after := w.head(t); wire.Cursor(after) != head {
			t.Errorf("head went to %v", after)
		}
	})
}

// readOn follows a page to the head and returns the seqs read, first to last.
func readOn(t *testing.T, w *world, page *wire.EntriesListed) []chat.Seq {
	t.Helper()
	var seqs []chat.Seq
	for {
		for _, e := range page.Entries {
			if n := len(seqs); n > 0 && e.Seq != seqs[n-1]+1 {
				t.Fatalf("entry %d follows %d", e.Seq, seqs[n-1])
			}
			seqs = append(seqs, e.Seq)
		}
		if !page.More {
			return seqs
		}
		cursor, _ := page.Cursor.MarshalText()
		page = answer[*wire.EntriesListed](t, w, w.bob, fmt.Sprintf(`{"action":"entries","ref":"1","room":"lobby","cursor":%q}`, cursor))
	}
}

func TestHandler_pagesFit(t *testing.T) {
	t.Parallel()

	// world.try compares every answer with wire.MaxAnswer.
	t.Run("long entries are split into pages without a hole", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		start := w.head(t)
		for i := range 20 {
			w.post(t, w.alice, fmt.Sprintf("p%d", i), strings.Repeat("𝄞", 200*i+1))
		}
		first := answer[*wire.EntriesListed](t, w, w.bob, fmt.Sprintf(`{"action":"entries","ref":"1","room":"lobby","cursor":%q}`, start))
		if !first.More || len(first.Entries) == 20 {
			t.Errorf("%d entries, more %t", len(first.Entries), first.More)
		}
		if seqs := readOn(t, w, first); len(seqs) != 20 {
			t.Errorf("read %d entries", len(seqs))
		}
	})

	t.Run("a snapshot holds the newest posts that fit, and says where older ones are", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		for i := range 20 {
			w.post(t, w.alice, fmt.Sprintf("p%d", i), strings.Repeat("𝄞", chat.MaxText/2))
		}
		got := answer[*wire.RoomJoined](t, w, w.bob, `{"action":"join","ref":"1","room":"lobby"}`)
		n := len(got.Posts)
		if n == 0 || n == 20 || got.Posts[n-1].Seq != w.head(t).Seq || got.Before != got.Posts[0].Seq {
			t.Errorf("%d posts up to %d, before %d", n, got.Posts[n-1].Seq, got.Before)
		}
	})

	t.Run("the largest post fits, in a page and in a snapshot", func(t *testing.T) {
		t.Parallel()
		w, start := largest(t)
		got := answer[*wire.RoomJoined](t, w, w.bob, `{"action":"join","ref":"1","room":"lobby"}`)
		if len(got.Posts) != 1 || len(got.Posts[0].Reactions) != chat.MaxEmoji {
			t.Fatalf("%d posts", len(got.Posts))
		}
		for _, r := range got.Posts[0].Reactions {
			if r.Count != 6 {
				t.Errorf("%s: %d", r.Emoji, r.Count)
			}
		}
		page := answer[*wire.EntriesListed](t, w, w.bob, fmt.Sprintf(`{"action":"entries","ref":"1","room":"lobby","cursor":%q}`, start))
		if len(page.Entries) == 0 {
			t.Error("the page is empty")
		}
	})

	t.Run("a long list of who is present is cut, and its total is not", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		for i := range 1000 {
			user := chat.UserID(fmt.Sprintf("user-%0*d", chat.MaxID-5, i))
			if err := w.Audience.Subscribe(t.Context(), chat.ConnID(user), user, lobby); err != nil {
				t.Fatal(err)
			}
		}
		got := answer[*wire.PresenceListed](t, w, w.alice, `{"action":"presence","ref":"1","room":"lobby"}`)
		if got.Total != 1000 || len(got.Users) < 100 || len(got.Users) == 1000 {
			t.Errorf("%d users of %d", len(got.Users), got.Total)
		}
	})
}

// largest fills the lobby up to every limit: the longest topic, all pins, and a post
// of the longest text with all edits, mentions and emoji. It returns the lobby's head
// before that.
func largest(t *testing.T) (*world, chat.Cursor) {
	t.Helper()
	w := newWorld(t)
	long := strings.Repeat("𝄞", chat.MaxText)
	say := func(peer session.Peer, id, fields string) chat.Seq {
		line := fmt.Sprintf(`{%s,"ref":"1","room":"lobby","id":%q,"since":%q}`, fields, id, w.head(t))
		return answer[*wire.Ack](t, w, peer, line).Seq
	}
	say(w.alice, "topic", fmt.Sprintf(`"action":"topic","text":%q`, strings.Repeat("𝄞", chat.MaxTopic)))
	for i := range chat.MaxPins {
		id := fmt.Sprintf("pinned%d", i)
		say(w.alice, "pin"+id, fmt.Sprintf(`"action":"pin","post":%d`, w.post(t, w.alice, id, "x")))
	}
	for i := range chat.MaxPins {
		w.post(t, w.alice, fmt.Sprintf("older%d", i), long)
	}
	// Users with the longest ids and names.
	var crowd []session.Peer
	var mentions []string
	for i := range chat.MaxMentions {
		peer := session.Peer{User: chat.UserID(fmt.Sprintf("user-%0*d", chat.MaxID-5, i))}
		user := chat.User{ID: peer.User, Name: fmt.Sprintf("%02d%s", i, strings.Repeat("𝄞", chat.MaxName-2))}
		if _, err := w.Memory.SaveUser(t.Context(), user); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Join(t.Context(), peer.User, chat.Write{Room: lobby, ID: "join", Since: w.head(t)}); err != nil {
			t.Fatal(err)
		}
		crowd = append(crowd, peer)
		mentions = append(mentions, fmt.Sprintf("%q", peer.User))
	}
	start := w.head(t)
	post := say(w.alice, "post", fmt.Sprintf(`"action":"send","text":%q,"mentions":[%s]`, long, strings.Join(mentions, ",")))
	for i := range chat.MaxEdits {
		text := fmt.Sprintf("%02d%s", i, strings.Repeat("𝄞", chat.MaxText-2))
		say(w.alice, fmt.Sprintf("edit%d", i), fmt.Sprintf(`"action":"edit","post":%d,"text":%q`, post, text))
	}
	for i := range chat.MaxEmoji {
		emoji := string(rune('😀'+i)) + strings.Repeat("\u200d😀", 4)
		for j := range 6 {
			say(crowd[(i+j)%len(crowd)], fmt.Sprintf("emoji%d", i), fmt.Sprintf(`"action":"react","post":%d,"emoji":%q`, post, emoji))
		}
	}
	return w, start
}
