package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/e2e/resident"
	"github.com/maru-chat/maru/internal/chat"
)

// TestClient_raisesSince sends from a cursor that is too old: the client reads
// the room, does not find its entry, and sends it once with the newer cursor.
func TestClient_raisesSince(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	room, home := chat.RoomID("long"), start(t).URL()
	owner := signIn(ctx, t, home, "owner")
	if _, err := owner.CreateRoom(ctx, room, "long", chat.Public); err != nil {
		t.Fatal(err)
	}
	leaver := client.Start(ctx, signIn(ctx, t, home, "leaver"))
	<-leaver.Write(room, "enter", chat.Content{Kind: chat.KindJoined}).Done
	<-leaver.Write(room, "leave", chat.Content{Kind: chat.KindLeft}).Done

	talker := client.Start(ctx, owner)
	talker.Follow(room)
	const posts = chat.MaxScan + 10
	for i := range posts {
		post(talker, room, i)
	}
	if err := talker.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}

	back := leaver.Write(room, "back", chat.Content{Kind: chat.KindJoined})
	<-back.Done
	if back.Err != nil {
		t.Fatal(back.Err)
	}
	if want := chat.Seq(3 + posts + 1); back.Ack.Seq != want || back.Ack.Existed {
		t.Errorf("came back at %d (existed: %t), want a new entry %d", back.Ack.Seq, back.Ack.Existed, want)
	}
	if err := leaver.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	sameView(ctx, t, leaver, owner, room)
}

// TestClient_dropsARestoredRoom puts an older backup in the place of the data:
// the client is told that its cursor is of another log, and reads it anew.
func TestClient_dropsARestoredRoom(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	room, data := chat.RoomID("restored"), t.TempDir()
	server := startOn(t, data)
	owner := signIn(ctx, t, server.URL(), "owner")
	if _, err := owner.CreateRoom(ctx, room, "restored", chat.Public); err != nil {
		t.Fatal(err)
	}
	talker := client.Start(ctx, owner)
	talker.Follow(room)
	<-post(talker, room, 1).Done
	backup := filepath.Join(t.TempDir(), "backup.db")
	if output, err := exec.CommandContext(ctx, program(t), "backup", backup, "--data", data).CombinedOutput(); err != nil {
		t.Fatalf("backup: %v\n%s", err, output)
	}
	<-post(talker, room, 2).Done
	<-post(talker, room, 3).Done

	restore(ctx, t, server, data, backup)
	<-post(talker, room, 4).Done // the entry 3 of another history
	if err := talker.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	if talker.Counts().Resets == 0 {
		t.Error("the client was not told that its cursor is of another log")
	}
	sameView(ctx, t, talker, owner, room)
}

// restore stops the server, puts the backup in the place of its database and
// starts it again.
func restore(ctx context.Context, t *testing.T, server *resident.Server, data, backup string) {
	t.Helper()
	if code, _, err := server.Stop(10 * time.Second); err != nil || code != 0 {
		t.Fatalf("stop: exit code %d: %v", code, err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.RemoveAll(filepath.Join(data, "maru.db"+suffix)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(backup, filepath.Join(data, "maru.db")); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(ctx); err != nil {
		t.Fatal(err)
	}
}

func post(from *client.Client, room chat.RoomID, i int) *client.Outgoing {
	return from.Write(room, chat.EntryID(fmt.Sprintf("p%d", i)), chat.Content{Kind: chat.KindPosted, Text: fmt.Sprint(i)})
}

// sameView compares what the client holds with the log.
func sameView(ctx context.Context, t *testing.T, c *client.Client, reader *client.Account, room chat.RoomID) {
	t.Helper()
	log, err := reader.Entries(ctx, room, chat.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(log, c.Entries(room)); diff != "" {
		t.Errorf("the client holds (-log +client)\n%s", diff)
	}
	if faults := c.Faults(); faults != nil {
		t.Error(faults)
	}
}
