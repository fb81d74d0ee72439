package sqlitestore_test

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/maru-chat/maru/internal/record"
	"github.com/maru-chat/maru/internal/sqlitestore"
)

// TestSchema_entries holds the columns of entries to the names that entries are
// kept and moved under everywhere.
func TestSchema_entries(t *testing.T) {
	t.Parallel()
	_, dir := open(t)
	conn, err := sqlite.OpenConn(filepath.Join(dir, sqlitestore.FileName), sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	var columns []string
	err = sqlitex.Execute(conn, "SELECT name FROM pragma_table_info('entries') ORDER BY cid", &sqlitex.ExecOptions{
		ResultFunc: func(row *sqlite.Stmt) error {
			columns = append(columns, row.ColumnText(0))
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}

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
