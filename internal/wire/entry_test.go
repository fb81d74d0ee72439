package wire_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	kinds := wire.Kinds()
	for _, k := range chat.Kinds {
		if _, has := kinds[k]; !has {
			t.Errorf("kind %s has no row", k)
		}
	}
	if len(kinds) != len(chat.Kinds) {
		t.Errorf("%d rows for %d kinds", len(kinds), len(chat.Kinds))
	}
}

var at = time.Date(2026, time.March, 2, 10, 0, 0, int(7*time.Millisecond), time.UTC)

// fullEntry returns an entry with every field set, so that a forgotten field shows.
func fullEntry() chat.Entry {
	return chat.Entry{
		Room: "r", Seq: 7, At: at, Author: "a", ID: "e", Counts: chat.Counts{Posts: 5, Alls: 2},
		Content: chat.Content{
			Kind: chat.KindPosted, Text: "t", ReplyTo: 3, Mentions: []chat.UserID{"m"}, All: true,
			Post: 4, Emoji: "👍", User: "u", Name: "n", Role: chat.RoleOwner, Was: chat.RoleMember,
			Title: "title", Visibility: chat.Direct, Founders: []chat.Founder{{User: "f", Name: "F", Role: chat.RoleReader}},
		},
	}
}

func TestEntryOf(t *testing.T) {
	t.Parallel()
	e := fullEntry()
	got := wire.EntryOf(&e)
	v := reflect.ValueOf(got)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s is not set", v.Type().Field(i).Name)
		}
	}
	want := wire.Entry{
		Seq: 7, Cursor: wire.Cursor(e.Cursor()), At: wire.Millis(at.UnixMilli()), Author: "a", ID: "e",
		Kind: chat.KindPosted, Posts: 5, Alls: 2, Text: "t", ReplyTo: 3, Mentions: []chat.UserID{"m"}, All: true,
		Post: 4, Emoji: "👍", User: "u", Name: "n", Role: chat.RoleOwner, Was: chat.RoleMember,
		Title: "title", Visibility: chat.Direct, Founders: []wire.Founder{{User: "f", Name: "F", Role: chat.RoleReader}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !got.At.Time().Equal(at) {
		t.Errorf("At = %v", got.At.Time())
	}
}

func TestPostOf(t *testing.T) {
	t.Parallel()
	post := chat.Post{Entry: fullEntry(), Edits: []chat.Seq{8}, Deleted: 9}
	for i := range 6 {
		post.Reactions = append(post.Reactions, chat.Reaction{Emoji: "👍", User: chat.UserID(fmt.Sprintf("u%d", i)), Seq: chat.Seq(20 - i)})
	}
	post.Reactions = append(post.Reactions, chat.Reaction{Emoji: "🎉", User: "u1", Seq: 30})

	got := wire.PostOf(&post, "u5")
	want := []wire.Reaction{
		{Emoji: "👍", Count: 6, Users: []chat.UserID{"u0", "u1", "u2", "u3", "u4"}, Mine: true, Seq: 20},
		{Emoji: "🎉", Count: 1, Users: []chat.UserID{"u1"}, Seq: 30},
	}
	if diff := cmp.Diff(want, got.Reactions); diff != "" {
		t.Errorf("a count, the first five users and the newest seq of each emoji\n%s", diff)
	}
	if got.Seq != 7 || got.Deleted != 9 || !cmp.Equal(got.Edits, post.Edits) {
		t.Errorf("post: %+v", got)
	}
}

func TestRoomViewOf(t *testing.T) {
	t.Parallel()
	v := chat.RoomView{
		Room: chat.Room{
			ID: "r", Title: "t", Visibility: chat.Direct, Topic: "about", CreatedAt: at, Pins: []chat.Seq{2},
			Members: 2, Owners: 1, IsDeleted: true,
		},
		Member: chat.Member{Role: chat.RoleMember},
		Head:   chat.Head{Cursor: chat.Cursor{Seq: 7, Tag: "01234567"}, At: at, Counts: chat.Counts{Posts: 5, Alls: 2}},
		Mark:   chat.Mark{Seq: 3, Counts: chat.Counts{Posts: 2, Alls: 1}},
		Unread: chat.Unread{Posts: 3, Mentions: 1},
		Peer:   chat.Member{User: "p", Name: "P"},
	}
	want := wire.RoomView{
		Room: wire.Room{
			ID: "r", Title: "t", Visibility: chat.Direct, Topic: "about", CreatedAt: wire.MillisOf(at),
			Pins: []chat.Seq{2}, Members: 2, Deleted: true,
		},
		Role: chat.RoleMember,
		Head: wire.Head{Cursor: wire.Cursor{Seq: 7, Tag: "01234567"}, At: wire.MillisOf(at), Posts: 5, Alls: 2},
		Mark: wire.ReadMark{Seq: 3, Posts: 2, Alls: 1}, Unread: wire.Unread{Posts: 3, Mentions: 1},
		Peer: &wire.Person{User: "p", Name: "P"},
	}
	if diff := cmp.Diff(want, wire.RoomViewOf(&v)); diff != "" {
		t.Error(diff)
	}
	v.Peer = chat.Member{}
	if got := wire.RoomViewOf(&v); got.Peer != nil {
		t.Errorf("a room without a peer has %+v", got.Peer)
	}
}

func TestFrameOf(t *testing.T) {
	t.Parallel()
	e := fullEntry()
	for name, c := range map[string]struct {
		event chat.Event
		want  wire.ServerFrame
	}{
		"entry appended": {&chat.EntryAppended{Entry: e}, &wire.EntryAppended{Room: "r", Entry: wire.EntryOf(&e)}},
		"typing started": {chat.TypingStarted{Room: "r", User: "u", Name: "n"}, &wire.TypingStarted{Room: "r", User: "u", Name: "n"}},
		"mark moved": {
			chat.MarkMoved{Room: "r", Mark: chat.Mark{Seq: 3, Counts: chat.Counts{Posts: 2, Alls: 1}}},
			&wire.MarkMoved{Room: "r", Mark: wire.ReadMark{Seq: 3, Posts: 2, Alls: 1}},
		},
		"room gained": {chat.RoomGained{Room: "r"}, &wire.RoomGained{Room: "r"}},
		"room lost":   {chat.RoomLost{Room: "r"}, &wire.RoomLost{Room: "r"}},
		"signed out":  {chat.SignedOut{Reason: "banned"}, &wire.ConnectionClosing{Reason: wire.ReasonSignedOut}},
		"no event":    {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, wire.FrameOf(c.event)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// push is the line that tells a client of e.
func push(e *chat.Entry) []byte { return wire.Encode(wire.FrameOf(&chat.EntryAppended{Entry: *e})) }

func TestEncode_entries(t *testing.T) {
	t.Parallel()
	t.Run("escapes neither HTML nor line separators", func(t *testing.T) {
		t.Parallel()
		e := fullEntry()
		e.Text = "<b> & \u2028\u2029 \\u2028 \\\\u2029 \"\n"
		line := string(push(&e))
		if want := `"text":"<b> & ` + "\u2028\u2029" + ` \\u2028 \\\\u2029 \"\n"`; !strings.Contains(line, want) {
			t.Errorf("%s\nlacks %s", line, want)
		}
		got, err := wire.DecodeServer([]byte(line))
		if err != nil || got.(*wire.EntryAppended).Entry.Text != e.Text {
			t.Errorf("read back %+v, %v", got, err)
		}
	})
	for name, char := range map[string]string{
		"of four bytes each": "𝄞", "that JSON escapes": "\"", "of line separators": "\u2028", "of new lines": "\n",
	} {
		t.Run("the longest post "+name+" is under 28 KB", func(t *testing.T) {
			t.Parallel()
			e := chat.Entry{
				Room: chat.RoomID(strings.Repeat("r", chat.MaxID)), Seq: 999_999_999_999, At: at,
				Author: chat.UserID(strings.Repeat("u", chat.MaxID)), ID: chat.EntryID(strings.Repeat("e", chat.MaxEntryID)),
				Counts: chat.Counts{Posts: 999_999_999_999, Alls: 999_999_999_999},
				Content: chat.Content{
					Kind: chat.KindPosted, Text: strings.Repeat(char, chat.MaxText), ReplyTo: 999_999_999_999, All: true,
				},
			}
			for range chat.MaxMentions {
				e.Mentions = append(e.Mentions, e.Author)
			}
			if n := len(push(&e)); n >= wire.MaxAnswer {
				t.Errorf("%d bytes", n)
			}
		})
	}
}
