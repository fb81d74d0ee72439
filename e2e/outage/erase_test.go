package outage

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/faultproxy"
)

// TestDeletedRoom ends a room of more words than one function empties, and kills
// the first that sets about it: the table's stream brings the words to one after
// the other, until none is left.
func TestDeletedRoom(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	home := shared(t)
	owner, err := client.SignIn(ctx, home.URL(), "owner")
	if err != nil {
		t.Fatal(err)
	}
	room := home.room("deleted")
	begin, err := owner.CreateRoom(ctx, room, "찻집", chat.Private)
	if err != nil {
		t.Fatal(err)
	}
	// A slice is 1 MB at most: these are three.
	last := fill(ctx, t, home, owner.User, chat.Head{Cursor: begin, At: time.Now()}, room, 200)
	began, slow, met := time.Now(), home.proxy.Met()[faultproxy.Slow], home.proxy.Counts()["UpdateItem"]
	home.proxy.Script("UpdateItem", faultproxy.Slow)
	if err := owner.Do(ctx, http.MethodDelete, "/rooms/"+string(room), nil, nil); err != nil {
		t.Fatal(err)
	}
	await(ctx, t, "the first words on their way out", func() bool { return home.proxy.Met()[faultproxy.Slow] > slow })
	if killed, err := home.KillBusy(ctx, "erase"); err != nil || killed != 1 {
		t.Errorf("killed %d functions: %v", killed, err)
	}
	next := chat.Seq(1)
	await(ctx, t, "the last words gone", func() bool {
		lets(ctx, t, 20*time.Millisecond)
		for next <= last.Seq && textAt(ctx, t, home, room, next) == "" {
			next++
		}
		return next > last.Seq
	})
	// Each post is emptied once, but for some that the killed one had under way.
	if n := home.proxy.Counts()["UpdateItem"] - met; n < 200 || n > 400 {
		t.Errorf("%d writes to empty 200 posts in a few slices", n)
	}
	t.Logf("emptied after %v", time.Since(began))
}

// fill appends long posts beside the home, and returns the last one's head.
func fill(ctx context.Context, t *testing.T, home *place, author chat.UserID, head chat.Head, room chat.RoomID, posts int) chat.Head {
	t.Helper()
	text := strings.Repeat("가", 4000)
	for i := range posts {
		d := &chat.Draft{
			Room: room, Author: author, ID: chat.EntryID(fmt.Sprint("post-", i)), Now: time.Now(), Since: head.Cursor,
			Content: chat.Content{Kind: chat.KindPosted, Text: text},
		}
		appended, err := home.store.Append(ctx, d, &chat.Scanned{Head: head})
		if err != nil {
			t.Fatal(err)
		}
		head = appended.Entry.Head()
	}
	return head
}

// textAt is what an entry of the room says in the table.
func textAt(ctx context.Context, t *testing.T, home *place, room chat.RoomID, seq chat.Seq) string {
	t.Helper()
	post, err := home.store.Post(ctx, room, seq)
	if err != nil && chat.CodeOf(err) != chat.CodeNotFound {
		t.Fatal(err)
	}
	return post.Text
}
