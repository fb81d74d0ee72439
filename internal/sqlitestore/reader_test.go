package sqlitestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/sqlitestore"
)

// crashed returns a folder as a killed server leaves it: what was written last is
// only in the journal.
func crashed(t testing.TB) string {
	t.Helper()
	s, dir := open(t)
	newRoom(t, s, "r-one").post(t, "점심 lunch")
	return copyFiles(t, dir)
}

// copyFiles copies the database, and what SQLite keeps beside it, to a new folder.
func copyFiles(t testing.TB, dir string) string {
	t.Helper()
	copied := t.TempDir()
	for _, file := range databaseFiles(t, dir) {
		data, err := os.ReadFile(file)
		if err := errors.Join(err, os.WriteFile(filepath.Join(copied, filepath.Base(file)), data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return copied
}

// cutShort returns a folder as a crash leaves it in the middle of a write to a
// database that is not in WAL mode.
func cutShort(t testing.TB) string {
	t.Helper()
	dir := fill(t)
	conn, err := sqlite.OpenConn(filepath.Join(dir, sqlitestore.FileName), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, statement := range []string{
		"PRAGMA journal_mode = DELETE", "PRAGMA cache_size = 1", "BEGIN IMMEDIATE", "UPDATE rooms SET title = 'spoilt'",
		"UPDATE entries SET text = hex(zeroblob(9000))",
	} {
		err = errors.Join(err, sqlitex.ExecuteTransient(conn, statement, nil))
	}
	if err != nil {
		t.Fatal(err)
	}
	return copyFiles(t, dir)
}

func openReader(t testing.TB, dir string) *sqlitestore.Reader {
	t.Helper()
	r, err := sqlitestore.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// wantRoom fails unless a backup of the folder holds the room.
func wantRoom(t testing.TB, dir string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), sqlitestore.FileName)
	if err := backup(t, dir, file); err != nil {
		t.Fatal(err)
	}
	if n := countRows(t, filepath.Dir(file), "rooms WHERE id = 'r-one'"); n != 1 {
		t.Errorf("the backup holds the room %d times, want once", n)
	}
}

func names(t testing.TB, dir string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		names = append(names, file.Name())
	}
	return names
}

func TestOpenReadOnly(t *testing.T) {
	t.Parallel()
	t.Run("makes no file beside a database that was closed", func(t *testing.T) {
		t.Parallel()
		dir := fill(t)
		before := names(t, dir)
		if err := check(t, dir); err != nil {
			t.Error(err)
		}
		wantRoom(t, dir)
		if after := names(t, dir); !slices.Equal(before, after) {
			t.Errorf("the folder held %v, now it holds %v", before, after)
		}
	})
	t.Run("reads the journal of a server that was killed", func(t *testing.T) {
		t.Parallel()
		dir := crashed(t)
		wantRoom(t, dir)
		if err := check(t, dir); err != nil {
			t.Error(err)
		}
	})
	t.Run("reads a journal whose index was lost", func(t *testing.T) {
		t.Parallel()
		dir := crashed(t)
		if err := os.Remove(filepath.Join(dir, sqlitestore.FileName+"-shm")); err != nil {
			t.Fatal(err)
		}
		wantRoom(t, dir)
	})
	t.Run("refuses a file whose last write was cut short before WAL mode, which a server mends", func(t *testing.T) {
		t.Parallel()
		dir := cutShort(t)
		_, err := sqlitestore.OpenReadOnly(t.Context(), dir)
		if err == nil || !strings.Contains(message(t, err), "start the server once") {
			t.Fatalf("got %v", err)
		}
		openIn(t, dir)
		if err := check(t, dir); err != nil {
			t.Error(err)
		}
	})
	t.Run("reads the journal beside the file that a link points to", func(t *testing.T) {
		t.Parallel()
		dir, linked := crashed(t), t.TempDir()
		if err := os.Symlink(filepath.Join(dir, sqlitestore.FileName), filepath.Join(linked, sqlitestore.FileName)); err != nil {
			t.Fatal(err)
		}
		wantRoom(t, linked)
	})
}

// TestReader_beside shows what a reader does when the file, which nobody had open
// before, is used by others.
func TestReader_beside(t *testing.T) {
	t.Parallel()
	t.Run("reads on while the server writes to its journal", func(t *testing.T) {
		t.Parallel()
		dir := fill(t)
		r := openReader(t, dir)
		newRoom(t, openIn(t, dir), "r-new").post(t, "점심")
		if err := r.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
	for rule, change := range map[string]func(t *testing.T, dir string){
		"says so when the server has written to the file": func(t *testing.T, dir string) {
			newRoom(t, openIn(t, dir), "r-new").post(t, "점심")
			checkpoint(t, dir)
		},
		"says so when the file was removed": func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, sqlitestore.FileName)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			dir, folder := fill(t), t.TempDir()
			r := openReader(t, dir)
			change(t, dir)
			for use, err := range map[string]error{
				"check":  r.Check(t.Context()),
				"backup": r.Backup(t.Context(), filepath.Join(folder, "backup.db")),
			} {
				if chat.CodeOf(err) != chat.CodeUnavailable || !strings.Contains(message(t, err), "maru.db was changed meanwhile") {
					t.Errorf("%s: got %v", use, err)
				}
			}
			if left := names(t, folder); len(left) > 0 {
				t.Errorf("the failed backup left %v", left)
			}
		})
	}
}
