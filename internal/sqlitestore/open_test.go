package sqlitestore_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/sqlitestore"
)

// refusal fails unless opening the folder is refused in one line that says want
// and leaves the database as it is.
func refusal(t *testing.T, dir, want string) {
	t.Helper()
	before := contents(t, dir)
	s, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
	if err == nil {
		_ = s.Close() // it should not be there
		t.Fatal("the folder was opened")
	}
	msg := message(t, err)
	if !strings.Contains(msg, want) || strings.Contains(msg, "\n") {
		t.Errorf("got %q, want one line that says %q", msg, want)
	}
	if after := contents(t, dir); !bytes.Equal(before, after) {
		t.Error("the refused database was changed")
	}
}

// message returns the text for people of a chat.Error.
func message(t *testing.T, err error) string {
	t.Helper()
	var refused *chat.Error
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a chat.Error", err)
	}
	return refused.Msg
}

func contents(t *testing.T, dir string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, sqlitestore.FileName))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, dir string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, sqlitestore.FileName), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// wantOwnerOnly fails unless the owner alone may use the database, its journal
// and the journal's index.
func wantOwnerOnly(t *testing.T, dir string) {
	t.Helper()
	files := databaseFiles(t, dir)
	if len(files) != 3 {
		t.Errorf("the folder holds %v, want three files", files)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v", filepath.Base(file), info.Mode())
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	t.Run("finds again what was acknowledged", func(t *testing.T) {
		t.Parallel()
		dir := fill(t)
		s := openIn(t, dir)
		page, err := s.Read(t.Context(), "r-one", chat.Cursor{}, 100)
		if err != nil || len(page.Entries) != 14 {
			t.Errorf("read %d entries, %v, want 14", len(page.Entries), err)
		}
		marks, err := s.Marks(t.Context(), owner)
		if err != nil || marks["r-one"].Seq != 14 {
			t.Errorf("marks are %v, %v, want r-one at 14", marks, err)
		}
	})
	t.Run("lets nobody but the owner read its files", func(t *testing.T) {
		t.Parallel()
		s, dir := open(t)
		newRoom(t, s, "r-one").post(t, "점심")
		wantOwnerOnly(t, dir)
	})
	t.Run("closes to others what they could read", func(t *testing.T) {
		t.Parallel()
		s, dir := open(t)
		newRoom(t, s, "r-one").post(t, "점심")
		copied := t.TempDir() // as a crash leaves a folder: with its journal
		for _, file := range databaseFiles(t, dir) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			into := filepath.Join(copied, filepath.Base(file))
			if err := errors.Join(os.WriteFile(into, data, 0o644), os.Chmod(into, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		openIn(t, copied)
		wantOwnerOnly(t, copied)
	})
	t.Run("refuses a folder that another server has", func(t *testing.T) {
		t.Parallel()
		_, dir := open(t)
		refusal(t, dir, "another maru is serving this folder")
	})
	t.Run("lets readers in beside the server", func(t *testing.T) {
		t.Parallel()
		s, dir := open(t)
		newRoom(t, s, "r-one").post(t, "점심")
		if err := check(t, dir); err != nil {
			t.Error(err)
		}
	})
	t.Run("refuses a file of a newer Maru", func(t *testing.T) {
		t.Parallel()
		dir := fill(t)
		raw(t, dir, "PRAGMA user_version = 99")
		refusal(t, dir, "written by a newer Maru (schema 99")
		if _, err := sqlitestore.OpenReadOnly(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "newer Maru") {
			t.Errorf("read-only: %v", err)
		}
	})
	t.Run("refuses a database of another program", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		raw(t, dir, "CREATE TABLE notes (text)")
		refusal(t, dir, "of another program")
	})
	t.Run("refuses a file that is no database", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		write(t, dir, bytes.Repeat([]byte("점심"), 4096))
		refusal(t, dir, "is damaged or no database")
	})
	t.Run("refuses a truncated file", func(t *testing.T) {
		t.Parallel()
		dir := fill(t)
		data := contents(t, dir)
		write(t, dir, data[:len(data)/2])
		refusal(t, dir, "is damaged")
	})
	t.Run("refuses a folder that cannot be made", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := sqlitestore.Open(t.Context(), filepath.Join(file, "data"), sqlitestore.Options{})
		if err == nil {
			_ = s.Close() // it should not be there
			t.Fatal("a folder below a file was opened")
		}
		if msg := message(t, err); strings.Contains(msg, "\n") || !strings.Contains(msg, "lies below a file") {
			t.Errorf("got %q", msg)
		}
	})
	t.Run("says read-only that there is no database", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if _, err := sqlitestore.OpenReadOnly(t.Context(), dir); chat.CodeOf(err) != chat.CodeNotFound {
			t.Errorf("got %v", err)
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
			t.Errorf("the folder holds %v, %v", files, err)
		}
	})
	t.Run("fails with unavailable after Close", func(t *testing.T) {
		t.Parallel()
		s, err := sqlitestore.Open(t.Context(), t.TempDir(), sqlitestore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		_, appendErr := s.Append(t.Context(), &chat.Draft{Room: "r", Content: chat.Content{Kind: chat.KindPosted}}, &chat.Scanned{})
		_, readErr := s.User(t.Context(), owner)
		_, markErr := s.Advance(t.Context(), owner, "r", chat.Mark{Seq: 1})
		for _, err := range []error{appendErr, readErr, markErr} {
			if chat.CodeOf(err) != chat.CodeUnavailable {
				t.Errorf("got %v", err)
			}
		}
	})
}
