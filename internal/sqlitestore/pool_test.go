package sqlitestore

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// onePool returns a pool of one connection to a new file.
func onePool(tb testing.TB) *pool {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "some.db")
	writer, err := openConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate|sqlite.OpenWAL)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = writer.Close() })
	if err := exec(writer, "CREATE TABLE numbers (n INTEGER PRIMARY KEY)"); err != nil {
		tb.Fatal(err)
	}
	p, err := newPool(fileURI(path, ""), 1)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := p.close(); err != nil {
			tb.Error(err)
		}
	})
	return p
}

// countFar yields one row and then counts for seconds.
const countFar = `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 50000000)
	SELECT n FROM c WHERE n = 1`

func TestPool_ends_a_read_with_its_context(t *testing.T) {
	t.Parallel()
	for name, lend := range map[string]func(*pool, context.Context, func(*sqlite.Conn) error) error{
		"read": (*pool).read, "snapshot": (*pool).snapshot,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := onePool(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := lend(p, ctx, func(conn *sqlite.Conn) error {
				return query(conn, countFar, func(*sqlite.Stmt) (bool, error) { cancel(); return true, nil })
			})
			if !errors.Is(err, context.Canceled) || chat.CodeOf(err) != chat.CodeUnavailable {
				t.Errorf("a read whose caller went away: %v, want unavailable, cancelled", err)
			}
			var n int64
			err = p.snapshot(t.Context(), func(conn *sqlite.Conn) (err error) {
				n, err = readInt(conn, "SELECT 1 + count(*) FROM numbers")
				return err
			})
			if err != nil || n != 1 {
				t.Errorf("the next read of the same connection: %d, %v", n, err)
			}
		})
	}
}

// BenchmarkPool_read is the least that a read costs, with a context that ends
// and with one that never does.
func BenchmarkPool_read(b *testing.B) {
	p := onePool(b)
	ending, cancel := context.WithCancel(b.Context())
	defer cancel()
	for name, ctx := range map[string]context.Context{"ending": ending, "never ending": context.WithoutCancel(b.Context())} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				err := p.read(ctx, func(conn *sqlite.Conn) error {
					_, err := readInt(conn, "SELECT n FROM numbers WHERE n = ?", 7)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
