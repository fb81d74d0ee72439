package chat_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

// TestTouches says for every kind of entry what it touches.
func TestTouches(t *testing.T) {
	t.Parallel()
	bob, room, post := chat.MemberThing("bob"), chat.TheRoom, chat.PostThing(4)
	things := func(things ...chat.Thing) []chat.Thing { return things }
	cases := map[string]struct {
		content chat.Content
		want    []chat.Thing
	}{
		"created": {
			chat.Content{Kind: chat.KindCreated, Founders: []chat.Founder{{User: "bob", Role: chat.RoleOwner}}},
			things(room, bob),
		},
		"posted":                {chat.Content{Kind: chat.KindPosted, Text: "x"}, nil},
		"edited":                {chat.Content{Kind: chat.KindEdited, Post: 4}, things(post)},
		"deleted":               {chat.Content{Kind: chat.KindDeleted, Post: 4}, things(post)},
		"reaction_set":          {chat.Content{Kind: chat.KindReactionSet, Post: 4}, nil},
		"reaction_removed":      {chat.Content{Kind: chat.KindReactionRemoved, Post: 4}, nil},
		"pinned":                {chat.Content{Kind: chat.KindPinned, Post: 4}, things(room)},
		"unpinned":              {chat.Content{Kind: chat.KindUnpinned, Post: 4}, things(room)},
		"topic_set":             {chat.Content{Kind: chat.KindTopicSet}, things(room)},
		"settings_changed":      {chat.Content{Kind: chat.KindSettingsChanged}, things(room)},
		"joined":                {chat.Content{Kind: chat.KindJoined, User: "bob", Role: chat.RoleMember}, things(bob)},
		"joined as an owner":    {chat.Content{Kind: chat.KindJoined, User: "bob", Role: chat.RoleOwner}, things(bob, room)},
		"left":                  {chat.Content{Kind: chat.KindLeft, User: "bob", Was: chat.RoleReader}, things(bob)},
		"an owner left":         {chat.Content{Kind: chat.KindLeft, User: "bob", Was: chat.RoleOwner}, things(bob, room)},
		"removed":               {chat.Content{Kind: chat.KindRemoved, User: "bob", Was: chat.RoleMember}, things(bob)},
		"role_set":              {chat.Content{Kind: chat.KindRoleSet, User: "bob", Role: chat.RoleReader, Was: chat.RoleMember}, things(bob)},
		"an owner stepped down": {chat.Content{Kind: chat.KindRoleSet, User: "bob", Role: chat.RoleMember, Was: chat.RoleOwner}, things(bob, room)},
		"renamed":               {chat.Content{Kind: chat.KindRenamed, User: "bob"}, nil},
		"room_deleted":          {chat.Content{Kind: chat.KindRoomDeleted}, things(room)},
	}
	seen := map[chat.Kind]bool{}
	for name, c := range cases {
		seen[c.content.Kind] = true
		if diff := cmp.Diff(c.want, chat.Touches(&chat.Entry{Content: c.content})); diff != "" {
			t.Errorf("%s touches (-want +got):\n%s", name, diff)
		}
	}
	for _, kind := range chat.Kinds {
		if !seen[kind] {
			t.Errorf("no row for %s", kind)
		}
	}
}

func TestBasis_BrokenBy(t *testing.T) {
	t.Parallel()
	basis := chat.Basis{{Thing: chat.MemberThing("alice"), Seq: 7}, {Thing: chat.PostThing(4), Seq: 4}}
	removed := func(seq chat.Seq, user chat.UserID) *chat.Entry {
		return &chat.Entry{Seq: seq, Content: chat.Content{Kind: chat.KindRemoved, User: user}}
	}
	for name, c := range map[string]struct {
		entry *chat.Entry
		want  bool
	}{
		"by what came after":           {removed(8, "alice"), true},
		"not by what was seen":         {removed(7, "alice"), false},
		"not by another member":        {removed(8, "bob"), false},
		"by an edit of the post":       {&chat.Entry{Seq: 9, Content: chat.Content{Kind: chat.KindEdited, Post: 4}}, true},
		"not by an edit of another":    {&chat.Entry{Seq: 9, Content: chat.Content{Kind: chat.KindEdited, Post: 5}}, false},
		"not by a reaction":            {&chat.Entry{Seq: 9, Content: chat.Content{Kind: chat.KindReactionSet, Post: 4}}, false},
		"not by the room's topic":      {&chat.Entry{Seq: 9, Content: chat.Content{Kind: chat.KindTopicSet}}, false},
		"always by the room's end":     {&chat.Entry{Seq: 9, Content: chat.Content{Kind: chat.KindRoomDeleted}}, true},
		"not by a post of the removed": {&chat.Entry{Seq: 9, Author: "alice", Content: chat.Content{Kind: chat.KindPosted}}, false},
	} {
		if got := basis.BrokenBy(c.entry); got != c.want {
			t.Errorf("broken %s: %t", name, got)
		}
	}
}

func TestHead_Next(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 22, 12, 0, 0, 999_999, time.FixedZone("KST", 9*3600))
	draft := &chat.Draft{Room: "r", Author: "a", ID: "1", Now: noon, Content: chat.Content{Kind: chat.KindPosted, Text: "x", All: true}}
	first := chat.Head{}.Next(draft)
	if first.Seq != 1 || first.Counts != (chat.Counts{Posts: 1, Alls: 1}) || !first.At.Equal(noon.Truncate(time.Millisecond)) || first.At.Location() != time.UTC {
		t.Errorf("first = %+v", first)
	}
	draft.Now = noon.Add(-time.Hour) // the clock went backwards
	second := first.Head().Next(draft)
	if want := first.At.Add(time.Millisecond); second.Seq != 2 || !second.At.Equal(want) || second.Counts.Posts != 2 {
		t.Errorf("second = %+v, want At %v", second, want)
	}
}
