package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/e2e/socket"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// TestSlowReader floods a room in which one listener has stopped reading.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	server := start(t)
	room := chat.RoomID("flooded")
	sender, slow, quick := signIn(ctx, t, server.URL(), "sender"), signIn(ctx, t, server.URL(), "slow"), signIn(ctx, t, server.URL(), "quick")
	if _, err := sender.CreateRoom(ctx, room, "flooded", chat.Public); err != nil {
		t.Fatal(err)
	}
	for _, account := range []*client.Account{slow, quick} {
		if _, err := account.JoinRoom(ctx, room); err != nil {
			t.Fatal(err)
		}
	}
	stalled := listen(ctx, t, slow, room)
	follower := client.Start(ctx, quick)
	follower.Follow(room)

	// Four megabytes are more than what the queue of a connection and the kernel
	// hold of it. All of it must be there before the server hangs up on a reader
	// who takes nothing for ten seconds.
	const posts = 400
	talker := client.Start(ctx, sender)
	talker.Follow(room)
	for i := range posts {
		content := chat.Content{Kind: chat.KindPosted, Text: fmt.Sprintf("%d %s", i, strings.Repeat("가", 3600))}
		talker.Write(room, chat.EntryID(fmt.Sprintf("p%d", i)), content)
	}
	if err := talker.CatchUp(ctx); err != nil {
		t.Fatalf("the flood was not acknowledged: %v", err)
	}
	if err := follower.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	if faults := follower.Faults(); faults != nil {
		t.Error(faults)
	}

	const head = chat.Seq(1 + 2 + posts) // the room, two who joined, the flood
	isTold, seen := readUntilBehind(t, stalled, room)
	if !isTold {
		t.Fatalf("the slow reader was not told to come back; it got up to %d of %d", seen.Seq, head)
	}
	entries, err := slow.Entries(ctx, room, seen)
	if err != nil {
		t.Fatal(err)
	}
	for i := range entries {
		if want := seen.Seq + 1 + chat.Seq(i); entries[i].Seq != want {
			t.Fatalf("the slow reader finds entry %d, want %d", entries[i].Seq, want)
		}
	}
	if got := seen.Seq + chat.Seq(len(entries)); got != head {
		t.Errorf("the slow reader catches up to %d, want %d", got, head)
	}
}

func signIn(ctx context.Context, t *testing.T, home, name string) *client.Account {
	t.Helper()
	account, err := client.SignIn(ctx, home, name)
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// listen opens a socket that has joined the room, and reads no further.
func listen(ctx context.Context, t *testing.T, account *client.Account, room chat.RoomID) *socket.Conn {
	t.Helper()
	conn, err := account.Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	join := &wire.Join{InRoom: wire.InRoom{Request: wire.Request{Ref: "join"}, Room: room}}
	if err := conn.Write(wire.EncodeClient(join)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(nil); err != nil {
		t.Fatal(err)
	}
	return conn
}

// readUntilBehind reads pushes, which must be in order, until the server says
// that it has dropped some. It returns the last entry that came before.
func readUntilBehind(t *testing.T, conn *socket.Conn, room chat.RoomID) (isTold bool, seen chat.Cursor) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		message, err := conn.Read(nil)
		if err != nil {
			return false, seen
		}
		for frame, err := range wire.Frames(message) {
			if err != nil {
				t.Fatal(err)
			}
			switch f := frame.(type) {
			case *wire.RoomBehind:
				return f.Room == room && f.Head.Seq > seen.Seq, seen
			case *wire.EntryAppended:
				if seen.Seq > 0 && f.Entry.Seq != seen.Seq+1 {
					t.Errorf("entry %d was pushed after %d without a word", f.Entry.Seq, seen.Seq)
				}
				seen = chat.Cursor(f.Entry.Cursor)
			}
		}
	}
}
