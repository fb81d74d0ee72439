package crash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/e2e/resident"
	"github.com/maru-chat/maru/internal/chat"
)

// TestCheck shows that maru check, on which every round relies, notices a hole in
// a room: it ends with exit code 1, and one line names the room and the entry.
func TestCheck(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	server, err := resident.New(t.Context(), resident.Options{Program: program(t), Data: data})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	const room chat.RoomID = "floor"
	for i := range 4 { // the entries 1 to 4: one makes the room, three join it
		account, err := client.SignIn(t.Context(), server.URL(), fmt.Sprintf("person %d", i))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			_, err = account.CreateRoom(t.Context(), room, "Floor", chat.Public)
		} else {
			_, err = account.JoinRoom(t.Context(), room)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if code, _, err := server.Stop(10 * time.Second); err != nil || code != 0 {
		t.Fatalf("stopped with exit code %d: %v", code, err)
	}
	if code, said := check(t.Context(), t, data); code != 0 {
		t.Fatalf("before anything is broken: exit code %d, %q", code, said)
	}

	conn, err := sqlite.OpenConn(filepath.Join(data, "maru.db"), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	err = sqlitex.ExecuteTransient(conn, "DELETE FROM entries WHERE seq = 3", nil)
	deleted := conn.Changes()
	if err = errors.Join(err, conn.Close()); err != nil || deleted != 1 {
		t.Fatalf("%d entries are deleted: %v", deleted, err)
	}
	code, said := check(t.Context(), t, data)
	if want := "room floor, entry 4: the log has a hole: entry 3"; code != 1 || strings.Count(said, "\n") != 1 || !strings.Contains(said, want) {
		t.Errorf("exit code %d, %q; want 1 and one line with %q", code, said, want)
	}
}

// check runs maru check and returns its exit code and what it wrote to standard
// error.
func check(ctx context.Context, t *testing.T, data string) (code int, said string) {
	t.Helper()
	cmd := exec.CommandContext(ctx, program(t), "check", "--data", data)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	var failed *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stderr.String()
}
