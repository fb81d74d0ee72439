package sqlitestore_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/record"
	"github.com/maru-chat/maru/internal/sqlitestore"
)

// TestSchema_entries holds the columns of entries to the names that entries are
// kept and moved under everywhere.
func TestSchema_entries(t *testing.T) {
	t.Parallel()
	_, dir := open(t)
	columns := readTexts(t, dir, "SELECT name FROM pragma_table_info('entries')")

	// pos, deleted and reacted are the table's own; its version is the file's.
	want := []string{"pos", "deleted", "reacted"}
	for field := range reflect.TypeFor[record.Entry]().Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "v" {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	slices.Sort(columns)
	if diff := cmp.Diff(want, columns); diff != "" {
		t.Errorf("columns of entries (-record +table):\n%s", diff)
	}
}

// readTexts returns what a statement selects from the file, a text a row.
func readTexts(t testing.TB, dir, statement string) (texts []string) {
	t.Helper()
	conn, err := sqlite.OpenConn(filepath.Join(dir, sqlitestore.FileName), sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	err = sqlitex.Execute(conn, statement, &sqlitex.ExecOptions{
		ResultFunc: func(row *sqlite.Stmt) error {
			texts = append(texts, row.ColumnText(0))
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// fillFirst makes a folder as the first schema left it.
func fillFirst(t testing.TB) string {
	t.Helper()
	script, err := os.ReadFile("testdata/version1.sql")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	raw(t, dir, string(script))
	return dir
}

func TestOpen_liftsFirstSchema(t *testing.T) {
	t.Parallel()
	t.Run("to the schema of a new file", func(t *testing.T) {
		t.Parallel()
		const schema = "SELECT concat(type, ' ', name, ': ', sql) FROM sqlite_schema ORDER BY type, name"
		_, fresh := open(t)
		lifted := fillFirst(t)
		openIn(t, lifted)
		if diff := cmp.Diff(readTexts(t, fresh, schema), readTexts(t, lifted, schema)); diff != "" {
			t.Errorf("schema (-new file +lifted file):\n%s", diff)
		}
	})
	t.Run("not when it is only read", func(t *testing.T) {
		t.Parallel()
		_, err := sqlitestore.OpenReadOnly(t.Context(), fillFirst(t))
		if err == nil || !strings.Contains(err.Error(), "of an older Maru") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("with what search knew and knew no more", func(t *testing.T) {
		t.Parallel()
		dir := fillFirst(t)
		s := openIn(t, dir)
		wantFound(t, s, map[string][]chat.Seq{
			"짜장": {3}, "noodles": {3}, "다음": {14}, "dinner": {2}, "snack": {3}, "milk": {4},
			"짬뽕": nil, "lunch": nil, "secret": nil, "비밀": nil,
		})
		if err := check(t, dir); err != nil {
			t.Error(err)
		}
	})
	t.Run("and writes on in it", func(t *testing.T) {
		t.Parallel()
		dir := fillFirst(t)
		s := openIndexing(t, dir)
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		one := &room{store: s, id: "r-one", now: now, n: 100}
		one.post(t, "커피 coffee")
		one.delete(t, 3)
		one.add(t, chat.Content{Kind: chat.KindEdited, Post: 14, Text: "나중 later"})
		three := &room{store: s, id: "r-three", now: now, n: 100}
		three.add(t, chat.Content{Kind: chat.KindRoomDeleted})
		wantFound(t, s, map[string][]chat.Seq{
			"coffee": {15}, "later": {14},
			"짜장": nil, "next": nil, "dinner": nil, "milk": nil,
		})
		if err := check(t, dir); err != nil {
			t.Error(err)
		}
	})
}

// wantFound searches all rooms for each text.
func wantFound(t *testing.T, s *sqlitestore.Store, want map[string][]chat.Seq) {
	t.Helper()
	for text, seqs := range want {
		found, err := s.Search(t.Context(), chat.Query{Rooms: []chat.RoomID{"r-one", "r-two", "r-three"}, Text: text, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		var got []chat.Seq
		for i := range found.Posts {
			got = append(got, found.Posts[i].Seq)
		}
		if !slices.Equal(seqs, got) {
			t.Errorf("search for %q found %v, want %v", text, got, seqs)
		}
	}
}
