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

// TestDeletedRoom deletes a room with more words than one invocation empties, and
// kills the first invocation: the table's stream causes one invocation after the
// other until no words are left.
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
		pause(ctx, t, 20*time.Millisecond)
		for next <= last.Seq && textAt(ctx, t, home, room, next) == "" {
			next++
		}
		return next > last.Seq
	})
	// Each post is emptied once, except those that the killed invocation was at.
	if n := home.proxy.Counts()["UpdateItem"] - met; n < 200 || n > 400 {
		t.Errorf("%d writes to empty 200 posts in a few slices", n)
	}
	t.Logf("emptied after %v", time.Since(began))
}

// fill appends long posts directly to the store, and returns the last one's head.
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

// textAt returns the text of an entry in the table.
func textAt(ctx context.Context, t *testing.T, home *place, room chat.RoomID, seq chat.Seq) string {
	t.Helper()
	post, err := home.store.Post(ctx, room, seq)
	if err != nil && chat.CodeOf(err) != chat.CodeNotFound {
		t.Fatal(err)
	}
	return post.Text
}
