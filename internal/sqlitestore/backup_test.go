package sqlitestore_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/sqlitestore"
)

func backup(t testing.TB, dir, file string) error {
	t.Helper()
	r, err := sqlitestore.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	return r.Backup(t.Context(), file)
}

// restored returns a data folder whose database is the backup.
func restored(t testing.TB, file string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Link(file, filepath.Join(dir, sqlitestore.FileName)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestReader_Backup(t *testing.T) {
	t.Parallel()
	t.Run("is consistent and serves again, taken while the server writes", func(t *testing.T) {
		t.Parallel()
		s, dir := open(t)
		r := newRoom(t, s, "r-one")
		begun, stop := make(chan struct{}), make(chan struct{})
		var writing sync.WaitGroup
		writing.Go(func() {
			for i := 0; ; i++ {
				r.post(t, "점심 lunch")
				if i == 20 {
					close(begun)
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
		<-begun
		file := filepath.Join(t.TempDir(), "backup.db")
		if err := backup(t, dir, file); err != nil {
			t.Error(err)
		}
		close(stop)
		writing.Wait()

		again := restored(t, file)
		if err := check(t, again); err != nil {
			t.Errorf("check of the backup: %v", err)
		}
		served := openIn(t, again)
		heads, err := served.Heads(t.Context(), []chat.RoomID{"r-one"})
		if err != nil || heads[0].Seq < 20 {
			t.Errorf("the backup's head is %+v, %v, want at least entry 20", heads, err)
		}
		found, err := served.Search(t.Context(), chat.Query{Rooms: []chat.RoomID{"r-one"}, Text: "점심", Limit: 20})
		if err != nil || len(found.Posts) != 20 {
			t.Errorf("search finds %d posts that waited to be indexed, %v, want 20", len(found.Posts), err)
		}
	})
	t.Run("refuses to overwrite a file and leaves nothing beside it", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		file := filepath.Join(folder, "backup.db")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := backup(t, fill(t), file); chat.CodeOf(err) != chat.CodeConflict {
			t.Errorf("got %v, want a conflict", err)
		}
		files, err := os.ReadDir(folder)
		if err != nil || len(files) != 1 {
			t.Errorf("the folder holds %v, %v", files, err)
		}
	})
	t.Run("holds no word that a deletion erased", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "backup.db")
		if err := backup(t, fill(t), file); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for word, want := range map[string]bool{"secret": false, "비밀": false, "짜장면": true} {
			if bytes.Contains(data, []byte(word)) != want {
				t.Errorf("%q in the backup: want %t", word, want)
			}
		}
	})
}
