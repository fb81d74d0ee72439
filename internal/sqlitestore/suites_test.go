package sqlitestore_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/storetest"
	"github.com/maru-chat/maru/internal/sqlitestore"
)

// open returns a store in a folder of its own.
func open(t testing.TB) (*sqlitestore.Store, string) {
	t.Helper()
	dir := t.TempDir()
	return openIn(t, dir), dir
}

func openIn(t testing.TB, dir string) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s)
	return s
}

func TestStore_Log(t *testing.T) {
	t.Parallel()
	storetest.RunLog(t, storetest.LogHarness{
		Open: func(t testing.TB) storetest.LogStore {
			s, dir := open(t)
			return storetest.LogStore{
				Log: s, FindRooms: s.FindRooms, Post: s.Post, FindMembers: s.FindMembers,
				Mentions: s.Mentions, Marks: s.Marks, Settle: func(testing.TB) {},
				Stored: func(t testing.TB, _ chat.RoomID) string {
					checkpoint(t, dir)
					return string(fileBytes(t, dir))
				},
			}
		},
		FindsCopiesBeforeSince: true,
		Absent:                 []string{"Second"}, // the folder is locked by the first
	})
}

func TestStore_Rooms(t *testing.T) {
	t.Parallel()
	storetest.RunRooms(t, storetest.RoomsHarness{Open: func(t testing.TB) (chat.Log, chat.Rooms) {
		s, _ := open(t)
		return s, s
	}})
}

func TestStore_Members(t *testing.T) {
	t.Parallel()
	storetest.RunMembers(t, storetest.MembersHarness{Open: func(t testing.TB) (chat.Log, chat.Members) {
		s, _ := open(t)
		return s, s
	}})
}

func TestStore_Marks(t *testing.T) {
	t.Parallel()
	storetest.RunMarks(t, storetest.MarksHarness{Open: func(t testing.TB) (chat.Log, chat.Marks) {
		s, _ := open(t)
		return s, s
	}})
}

func TestStore_Accounts(t *testing.T) {
	t.Parallel()
	storetest.RunAccounts(t, storetest.AccountsHarness{Open: func(t testing.TB) chat.Accounts {
		s, _ := open(t)
		return s
	}})
}

func TestStore_Search(t *testing.T) {
	t.Parallel()
	t.Run("of posts that wait to be indexed", func(t *testing.T) {
		t.Parallel()
		storetest.RunSearch(t, storetest.SearchHarness{Open: func(t testing.TB) (chat.Log, chat.Search) {
			s, _ := open(t)
			return s, s
		}})
	})
	t.Run("of indexed posts", func(t *testing.T) {
		t.Parallel()
		storetest.RunSearch(t, storetest.SearchHarness{Open: func(t testing.TB) (chat.Log, chat.Search) {
			s := openIndexing(t, t.TempDir())
			return s, s
		}})
	})
}

// openIndexing opens a store in which no post waits to be indexed.
func openIndexing(t testing.TB, dir string) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.OpenIndexing(dir)
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s)
	return s
}

func closeAfter(t testing.TB, s *sqlitestore.Store) {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// fileBytes returns all that the database's files hold, the journal included.
func fileBytes(t testing.TB, dir string) []byte {
	t.Helper()
	var all bytes.Buffer
	for _, file := range databaseFiles(t, dir) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.Bytes()
}

// databaseFiles returns the database and what SQLite keeps beside it.
func databaseFiles(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, sqlitestore.FileName+"*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no database in %s: %v", dir, err)
	}
	return files
}

// checkpoint folds the journal into the file. SQLite refuses that while the
// store does the same; the test's timeout ends a wait in vain.
func checkpoint(t testing.TB, dir string) {
	t.Helper()
	conn, err := sqlite.OpenConn(filepath.Join(dir, sqlitestore.FileName), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for isBusy := true; isBusy; {
		err := sqlitex.ExecuteTransient(conn, "PRAGMA wal_checkpoint(TRUNCATE)", &sqlitex.ExecOptions{
			ResultFunc: func(row *sqlite.Stmt) error {
				isBusy = row.ColumnBool(0)
				return nil
			},
		})
		if err != nil && sqlite.ErrCode(err).ToPrimary() != sqlite.ResultBusy {
			t.Fatal(err)
		}
	}
}

// raw runs statements on the file behind the store's back.
func raw(t testing.TB, dir, script string) {
	t.Helper()
	conn, err := sqlite.OpenConn(filepath.Join(dir, sqlitestore.FileName), sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := sqlitex.ExecuteScript(conn, script, nil); err != nil {
		t.Fatal(err)
	}
}

// countRows counts rows of the file; from is a FROM clause.
func countRows(t testing.TB, dir, from string) int {
	t.Helper()
	conn, err := sqlite.OpenConn(filepath.Join(dir, sqlitestore.FileName), sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	rows, err := sqlitex.ResultInt(conn.Prep("SELECT count(*) FROM " + from))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
