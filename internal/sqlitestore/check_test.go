package sqlitestore_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/sqlitestore"
)

// fill makes a folder with two rooms and entries of nearly every kind. In the
// first, entry 3 is a post with two edits, a mention and a reaction, and entry 9
// a deleted post with an edit. The second is deleted.
func fill(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	s, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := newRoom(t, s, "r-one")
	r.add(t, chat.Content{Kind: chat.KindJoined, User: guest, Name: "손님", Role: chat.RoleMember})
	r.add(t, chat.Content{Kind: chat.KindPosted, Text: "점심 lunch", Mentions: []chat.UserID{guest}, All: true})
	r.add(t, chat.Content{Kind: chat.KindEdited, Post: 3, Text: "짬뽕 noodles"})
	r.add(t, chat.Content{Kind: chat.KindEdited, Post: 3, Text: "짜장면 noodles"})
	r.add(t, chat.Content{Kind: chat.KindReactionSet, Post: 3, Emoji: "👍"})
	r.add(t, chat.Content{Kind: chat.KindReactionSet, Post: 3, Emoji: "🎉"})
	r.add(t, chat.Content{Kind: chat.KindReactionRemoved, Post: 3, Emoji: "🎉"})
	r.post(t, "비밀 secret")
	r.add(t, chat.Content{Kind: chat.KindEdited, Post: 9, Text: "다른 비밀"})
	r.delete(t, 9)
	r.add(t, chat.Content{Kind: chat.KindPinned, Post: 3})
	r.add(t, chat.Content{Kind: chat.KindTopicSet, Text: "밥"})
	r.post(t, "다음 next")
	other := newRoom(t, s, "r-two")
	p := other.post(t, "점심 lunch")
	other.add(t, chat.Content{Kind: chat.KindEdited, Post: p, Text: "저녁 dinner"})
	other.add(t, chat.Content{Kind: chat.KindTopicSet, Text: "끼니"})
	other.add(t, chat.Content{Kind: chat.KindRoomDeleted})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func check(t testing.TB, dir string) error {
	t.Helper()
	r, err := sqlitestore.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	return r.Check(t.Context())
}

func TestReader_Check(t *testing.T) {
	t.Parallel()
	const (
		one = "(SELECT key FROM rooms WHERE id = 'r-one')"
		two = "(SELECT key FROM rooms WHERE id = 'r-two')"
	)
	breaks := []struct{ rule, script, named string }{
		{"a hole", "DELETE FROM entries WHERE room = " + one + " AND seq = 8", "r-one, entry 9: the log has a hole: entry 8"},
		{"a log without its end", "DELETE FROM entries WHERE room = " + one + " AND seq = 14", "r-one: search knows a word of a post that does not exist"},
		{"no log at all", "DELETE FROM entries WHERE room = " + one, "r-one: the log is empty"},
		{"a log without a room", "DELETE FROM rooms WHERE id = 'r-one'", "entries belong to room key 1"},
		{"an edit without a room", "INSERT INTO edits VALUES (9, 1, 2)", "edits belong to room key 9, which does not exist"},
		{"a reaction without a room", "INSERT INTO reactions VALUES (9, 1, '🎉', 'u-x', 2)", "reactions belong to room key 9, which does not exist"},
		{"a member without a room", "INSERT INTO members VALUES (9, 'u-x', 'x', 'member', 1, 1, 1)", "members belong to room key 9, which does not exist"},
		{"words to erase without a room", "INSERT INTO erasing VALUES (9, 0)", "erasing belong to room key 9, which does not exist"},
		{"words to erase of a living room", "INSERT INTO erasing VALUES (" + one + ", 0)", "r-one: the room is listed to be erased and was not deleted"},
		{"At that stands still", "UPDATE entries SET at = (SELECT at FROM entries WHERE room = " + one + " AND seq = 7) WHERE room = " + one + " AND seq = 8", "r-one, entry 8: At does not rise"},
		{"a name used twice", "DROP INDEX entries_by_id; UPDATE entries SET id = 'e4' WHERE room = " + one + " AND seq = 8", "r-one, entry 8: its author and id are those of entry 4"},
		{"a wrong count of posts", "UPDATE entries SET posts = posts + 1 WHERE room = " + one + " AND seq = 14", "r-one, entry 14: the counts differ"},
		{"a wrong count of @all", "UPDATE entries SET alls = 0 WHERE room = " + one + " AND seq = 3", "r-one, entry 3: the counts differ"},
		{"an unknown kind", "UPDATE entries SET kind = 'renamde' WHERE room = " + one + " AND seq = 13", "r-one, entry 13: its kind is unknown"},
		{"another title", "UPDATE rooms SET title = 'x' WHERE id = 'r-one'", "r-one: the room's state differs"},
		{"another visibility", "UPDATE rooms SET visibility = 'private' WHERE id = 'r-one'", "r-one: the room's state differs"},
		{"another time of creation", "UPDATE rooms SET created_at = created_at + 1 WHERE id = 'r-one'", "r-one: the room's state differs"},
		{"another topic", "UPDATE rooms SET topic = 'x' WHERE id = 'r-one'", "r-one: the room's state differs"},
		{"a lost pin", "UPDATE rooms SET pins = '' WHERE id = 'r-one'", "r-one: the room's state differs"},
		{"a wrong count of members", "UPDATE rooms SET members = 3 WHERE id = 'r-one'", "r-one: the room's state differs"},
		{"a wrong count of owners", "UPDATE rooms SET owners = 2 WHERE id = 'r-one'", "r-one: the room's state differs"},
		{"a room touched by another entry", "UPDATE rooms SET touched = touched + 1 WHERE id = 'r-one'", "r-one: the room's state differs"},
		{"a room that came back", "UPDATE rooms SET is_deleted = 0 WHERE id = 'r-two'", "r-two: the room's state differs"},
		{"another role", "UPDATE members SET role = 'owner' WHERE user = 'u-guest'", "r-one: the membership of user u-guest differs"},
		{"a lost member", "DELETE FROM members WHERE user = 'u-guest'", "r-one: 1 of 2 memberships are missing"},
		{"a member from nowhere", "INSERT INTO members VALUES (1, 'u-x', 'x', 'member', 1, 1, 1)", "r-one: the membership of user u-x differs"},
		{"an edited text that is not the last", "UPDATE entries SET text = 'x' WHERE room = " + one + " AND seq = 3", "r-one, entry 3: the post's text is not that of its last edit"},
		{"a lost edit", "DELETE FROM edits WHERE room = " + one + " AND seq = 4", "r-one, entry 3: the post's edits"},
		{"an edit from nowhere", "INSERT INTO edits VALUES (1, 5, 6)", "r-one: there are 4 edits, and 3 in the log"},
		{"a deletion that is not noted", "UPDATE entries SET deleted = NULL WHERE room = " + one + " AND seq = 9", "r-one, entry 9: the post's edits or deletion differ"},
		{"a reaction from nowhere", "INSERT INTO reactions VALUES (1, 3, '🎉', 'u-x', 7)", "r-one, entry 3: the post's reactions differ"},
		{"a lost reaction", "DELETE FROM reactions", "r-one, entry 3: the post's reactions differ"},
		{"a reaction to no post", "INSERT INTO reactions VALUES (1, 4, '🎉', 'u-x', 7)", "r-one: there are 2 reactions, and 1 in the log"},
		{"a lost mention", "DELETE FROM mentions", "r-one, entry 3: its mention of user u-guest is not listed"},
		{"a mention from nowhere", "INSERT INTO mentions VALUES ('u-x', 1, 'r-one', 3)", "r-one, entry 3: a mention of user u-x is listed"},
		{"a mark past the head", "UPDATE marks SET seq = 15 WHERE room = 'r-one'", "r-one: the mark of user u-"},
		{"a mark that counts more posts than its entry", "UPDATE marks SET posts = posts + 1 WHERE room = 'r-one' AND user = 'u-owner'", "r-one: the counts of the mark of user u-owner, 14,"},
		{"a mark that counts fewer posts than its entry", "UPDATE marks SET posts = posts - 1 WHERE room = 'r-one' AND user = 'u-owner'", "r-one: the counts of the mark of user u-owner, 14,"},
		{"a mark that counts more @all than its entry", "UPDATE marks SET alls = alls + 1 WHERE room = 'r-one' AND user = 'u-owner'", "r-one: the counts of the mark of user u-owner, 14,"},
		{"a mark that counts fewer @all than its entry", "UPDATE marks SET alls = 0 WHERE room = 'r-one' AND user = 'u-owner'", "r-one: the counts of the mark of user u-owner, 14,"},
		{"a mark with the counts of another entry", "UPDATE marks SET seq = 8 WHERE room = 'r-one' AND user = 'u-owner'", "r-one: the counts of the mark of user u-owner, 8,"},
		{"a mark of no room", "INSERT INTO marks VALUES ('u-owner', 'r-none', 1, 0, 0)", "r-none: the mark of user u-owner, 1, is past"},
		{"words in a deleted post", "UPDATE entries SET text = 'x' WHERE room = " + one + " AND seq = 9", "r-one, entry 9: words are left though entry 11"},
		{"words in an edit of a deleted post", "UPDATE entries SET text = 'x' WHERE room = " + one + " AND seq = 10", "r-one, entry 10: words are left though entry 11"},
		{"words in a post of a deleted room", "UPDATE entries SET text = 'x' WHERE room = " + two + " AND seq = 2", "r-two, entry 2: words are left though the room was deleted"},
		{"words in an edit of a deleted room", "UPDATE entries SET text = 'x' WHERE room = " + two + " AND seq = 3", "r-two, entry 3: words are left though the room was deleted"},
		{"an old topic of a deleted room", "UPDATE entries SET text = 'x' WHERE room = " + two + " AND seq = 4", "r-two, entry 4: words are left though the room was deleted"},
		{"the topic of a deleted room", "UPDATE rooms SET topic = 'x' WHERE id = 'r-two'", "r-two: the room's state differs"},
		{"a deleted room in search", "INSERT INTO words (rowid, terms) SELECT pos, '2:lunch ' FROM entries WHERE room = " + two + " AND seq = 2", "r-two, entry 2: search knows a word that the post does not have"},
		{"words erased without a deletion", "UPDATE entries SET text = NULL WHERE room = " + one + " AND seq = 14", "r-one, entry 14: words are missing"},
		{"a deleted post in search", "INSERT INTO words (rowid, terms) VALUES (9, '1:secret ')", "r-one, entry 9: search knows a word of a deleted post"},
		{"a word in search that its post lacks", "INSERT INTO words (rowid, terms) VALUES (14, '1:secret ')", "r-one, entry 14: search knows a word that the post does not have"},
		{"a word in search without a room", "INSERT INTO words (rowid, terms) VALUES (3, 'secret')", "search knows a word without a room"},
		{"a word in search whose room is not as the index writes it", "INSERT INTO words (rowid, terms) VALUES (3, '01:lunch')", "search knows a word without a room"},
		{"a word in search of no room, before all others", "INSERT INTO words (rowid, terms) VALUES (3, '0:secret')", "search knows a word of room key 0, which"},
		{"a word in search of no room, between two rooms", "INSERT INTO words (rowid, terms) VALUES (3, '1z:secret')", "search knows a word of room key 71, which"},
		{"a word in search of no room, after all others", "INSERT INTO words (rowid, terms) VALUES (3, '9:secret')", "search knows a word of room key 9, which"},
		{"a post that search lost", "INSERT INTO words (words, rowid, terms) VALUES ('delete', 14, '1:다 1:다음 1:next ')", "r-one, entry 14: search does not know a word"},
	}
	t.Run("accepts what the store wrote", func(t *testing.T) {
		t.Parallel()
		if err := check(t, fill(t)); err != nil {
			t.Error(err)
		}
	})
	t.Run("says what it cannot read", func(t *testing.T) {
		t.Parallel()
		dir := fill(t)
		raw(t, dir, "DROP TABLE marks")
		err := check(t, dir)
		if err == nil {
			t.Fatal("a file without marks is in order")
		}
		if msg := message(t, err); !strings.HasPrefix(msg, "cannot check maru.db: ") || !strings.Contains(msg, "no such table: marks") {
			t.Errorf("got %q", msg)
		}
	})
	for _, b := range breaks {
		t.Run("names "+b.rule, func(t *testing.T) {
			t.Parallel()
			dir := fill(t)
			raw(t, dir, b.script)
			err := check(t, dir)
			var found *sqlitestore.Break
			if !errors.As(err, &found) || !strings.Contains(err.Error(), b.named) {
				t.Errorf("got %v, want a Break that says %q", err, b.named)
			}
		})
	}
}
