package dynamostore

import (
	"context"
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
