package dynamostore

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/maru-chat/maru/internal/chat"
)

// unfinished is a table whose queries return one item as it was: what DynamoDB
// may do while a transaction that has taken its slot is under way.
type unfinished struct {
	table
	old item
}

func (u *unfinished) query(ctx context.Context, s span) (page, error) {
	p, err := u.table.query(ctx, s)
	for i, it := range p.items {
		if it.key() == u.old.key() {
			p.items[i] = u.old
		}
	}
	return p, err
}

// early is a table whose next read of single items returns one as it was.
type early struct {
	table
	old item
}

func (e *early) get(ctx context.Context, keys ...key) ([]item, error) {
	found, err := e.table.get(ctx, keys...)
	for i, it := range found {
		if e.old != nil && it.key() == e.old.key() {
			found[i], e.old = e.old, nil
		}
	}
	return found, err
}

func TestStore_Append_emptiesAnEditThatItFirstMissed(t *testing.T) {
	t.Parallel()
	for before := range 2 { // edits that the early read does show
		t.Run(fmt.Sprint(before), func(t *testing.T) {
			t.Parallel()
			r := newFaultyRoom(t)
			post := r.mustSend(t, "post", plainPost).Entry.Seq
			for i := range before {
				r.mustSend(t, chat.EntryID(fmt.Sprint("edit", i)), chat.Content{Kind: chat.KindEdited, Post: post, Text: "고친 글"})
			}
			old, err := r.store.table.get(t.Context(), entryKey(r.room, post))
			if err != nil {
				t.Fatal(err)
			}
			edit := r.mustSend(t, "missed", chat.Content{Kind: chat.KindEdited, Post: post, Text: "또 고친 글"})
			r.since = edit.Entry.Cursor()
			r.store.table = &early{table: r.store.table, old: old[0]}
			r.mustSend(t, "deletion", chat.Content{Kind: chat.KindDeleted, Post: post})
			page, err := r.store.Read(t.Context(), r.room, chat.Cursor{}, chat.MaxPage)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Entries {
				if e.Text != "" {
					t.Errorf("entry %d, %s, still says %q", e.Seq, e.Kind, e.Text)
				}
			}
		})
	}
}

func TestStore_History_showsWhatItsCursorPassed(t *testing.T) {
	t.Parallel()
	about := map[chat.Kind]chat.Content{
		chat.KindEdited:          {Text: "고친 글"},
		chat.KindDeleted:         {},
		chat.KindReactionSet:     {Emoji: "🎉"},
		chat.KindReactionRemoved: {Emoji: "👍"},
	}
	for kind, content := range about {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			r := newFaultyRoom(t)
			post := r.mustSend(t, "post", plainPost).Entry.Seq
			r.mustSend(t, "other", plainPost)
			r.mustSend(t, "liked", chat.Content{Kind: chat.KindReactionSet, Post: post, Emoji: "👍"})
			old, err := r.store.table.get(t.Context(), entryKey(r.room, post))
			if err != nil {
				t.Fatal(err)
			}
			content.Kind, content.Post = kind, post
			r.mustSend(t, "last", content)
			want, err := r.store.History(t.Context(), r.room, 0, chat.MaxPage)
			if err != nil {
				t.Fatal(err)
			}
			r.store.table = &unfinished{table: r.store.table, old: old[0]}
			got, err := r.store.History(t.Context(), r.room, 0, chat.MaxPage)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("page read while entry %d was under way (-want +got):\n%s", want.Cursor.Seq, diff)
			}
		})
	}
}
