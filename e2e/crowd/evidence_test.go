package crowd

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

const (
	hana  chat.UserID = "hana"
	doyun chat.UserID = "doyun"
)

// sound returns evidence that breaks no promise: two people posted, edited, deleted
// and reacted, and all of it was acknowledged.
func sound() *Evidence {
	e := &Evidence{Room: "maru", Reader: hana, Views: map[chat.UserID][]chat.Entry{}}
	founders := []chat.Founder{{User: hana, Name: "Hana", Role: chat.RoleOwner}, {User: doyun, Name: "Doyun", Role: chat.RoleMember}}
	e.say(hana, chat.Content{Kind: chat.KindCreated, Title: "maru", Visibility: chat.Public, Founders: founders})
	e.say(doyun, chat.Content{Kind: chat.KindPosted, Text: "점심 먹자"})
	e.say(hana, chat.Content{Kind: chat.KindPosted, Text: "noodles"})
	e.say(hana, chat.Content{Kind: chat.KindEdited, Post: 3, Text: "noodles!"})
	e.say(doyun, chat.Content{Kind: chat.KindReactionSet, Post: 3, Emoji: "👍"})
	e.say(doyun, chat.Content{Kind: chat.KindPosted, Text: "12시"})
	e.say(hana, chat.Content{Kind: chat.KindPosted, Text: "see you"})
	e.finish()
	return e
}

// say appends an entry and its acknowledgement.
func (e *Evidence) say(author chat.UserID, content chat.Content) {
	var head chat.Head
	if n := len(e.Log); n > 0 {
		head = e.Log[n-1].Head()
	}
	draft := chat.Draft{
		Room: e.Room, Author: author, ID: chat.EntryID(fmt.Sprintf("e%d", len(e.Log))),
		Content: content, Now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC),
	}
	entry := head.Next(&draft)
	e.Log = append(e.Log, entry)
	cursor := wire.Cursor(entry.Cursor())
	e.Sent = append(e.Sent, Sent{
		Author: author, ID: entry.ID, Content: content, Ack: &wire.Ack{Seq: entry.Seq, Cursor: &cursor},
	})
}

// finish gives everybody the view, and the home the posts, that follow from the log.
func (e *Evidence) finish() {
	for _, user := range []chat.UserID{hana, doyun} {
		e.Views[user] = slices.Clone(e.Log)
	}
	fold := foldOf(e.Log)
	for seq := range fold.Head.Seq {
		if post := fold.Posts[seq+1]; post != nil {
			e.Posts = append(e.Posts, wire.PostOf(post, e.Reader))
		}
	}
}

// renumber gives the entries the seqs and cursors of their places.
func renumber(entries []chat.Entry) []chat.Entry {
	var head chat.Head
	for i := range entries {
		entry := &entries[i]
		draft := chat.Draft{Room: entry.Room, Author: entry.Author, ID: entry.ID, Content: entry.Content, Now: entry.At}
		*entry = head.Next(&draft)
		head = entry.Head()
	}
	return entries
}

func TestEvidence_Judge(t *testing.T) {
	t.Parallel()
	sabotages := []struct {
		name string
		do   func(*Evidence)
		says string // a part of what the judge must say; "" for nothing
	}{
		{"accepts what is sound", func(*Evidence) {}, ""},
		{"accepts a refused entry that is not there", func(e *Evidence) {
			e.Sent = append(e.Sent, Sent{Author: hana, ID: "no", Err: chat.Errorf(chat.CodeForbidden, "no")})
		}, ""},
		{"notices an acknowledged message that is lost", func(e *Evidence) {
			e.Log = renumber(slices.Delete(e.Log, 5, 6))
			e.Posts, e.Views = nil, map[chat.UserID][]chat.Entry{}
			e.finish()
		}, "is lost"},
		{"notices the last message lost", func(e *Evidence) {
			e.Log = e.Log[:len(e.Log)-1]
			e.Posts, e.Views = nil, map[chat.UserID][]chat.Entry{}
			e.finish()
		}, "past the end"},
		{"notices a message that stands twice under one id", func(e *Evidence) {
			e.Log = renumber(append(e.Log, e.Log[5]))
		}, "are the same entry"},
		{"notices a message that stands twice under two ids", func(e *Evidence) {
			again := e.Log[5]
			again.ID = "again"
			e.Log = renumber(append(e.Log, again))
			e.Posts, e.Views = nil, map[chat.UserID][]chat.Entry{}
			e.finish()
		}, "both say"},
		{"notices two messages that changed places", func(e *Evidence) {
			e.Log[5], e.Log[6] = e.Log[6], e.Log[5]
			e.Log = renumber(e.Log)
			e.Posts, e.Views = nil, map[chat.UserID][]chat.Entry{}
			e.finish()
		}, "was acknowledged at"},
		{"notices a hole", func(e *Evidence) { e.Log = slices.Delete(e.Log, 2, 3) }, "where 3 belongs"},
		{"notices a time that does not rise", func(e *Evidence) { e.Log[3].At = e.Log[2].At }, "is not later"},
		{"notices other words", func(e *Evidence) { e.Log[5].Text = "13시" }, "was sent"},
		{"notices a refused message that stands", func(e *Evidence) {
			e.Sent[5].Ack, e.Sent[5].Err = nil, chat.Errorf(chat.CodeForbidden, "no")
		}, "was refused"},
		{"notices a message that was never answered", func(e *Evidence) { e.Sent[5].Ack = nil }, "never answered"},
		{"notices a view that lacks a message", func(e *Evidence) { e.Views[hana] = e.Views[hana][:6] }, "holds 6 entries"},
		{"notices a view in another order", func(e *Evidence) {
			view := e.Views[doyun]
			view[5], view[6] = view[6], view[5]
		}, "holds another entry"},
		{"notices a view with a message twice", func(e *Evidence) {
			e.Views[doyun] = slices.Insert(e.Views[doyun], 6, e.Views[doyun][5])
		}, "holds 8 entries"},
		{"notices a view with stale words", func(e *Evidence) { e.Views[doyun][3].Text = "noodles?" }, "sees"},
		{"notices a post whose kept state is not the fold", func(e *Evidence) { e.Posts[1].Reactions = nil }, "the history shows"},
		{"notices a post that the history lacks", func(e *Evidence) { e.Posts = e.Posts[1:] }, "the history has"},
	}
	for _, s := range sabotages {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			e := sound()
			s.do(e)
			err := e.Judge()
			if s.says == "" && err != nil {
				t.Errorf("the judge says %v", err)
			}
			if s.says != "" && (err == nil || !strings.Contains(err.Error(), s.says)) {
				t.Errorf("the judge says %v, want %q", err, s.says)
			}
		})
	}
}
