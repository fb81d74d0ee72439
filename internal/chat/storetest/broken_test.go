package storetest

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

// recorder watches a case fail without failing the test.
type recorder struct {
	testing.TB
	mu     sync.Mutex
	failed bool
}

func (r *recorder) Fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) FailNow()              { r.Fail(); runtime.Goexit() }
func (r *recorder) Error(...any)          { r.Fail() }
func (r *recorder) Errorf(string, ...any) { r.Fail() }
func (r *recorder) Fatal(...any)          { r.FailNow() }
func (r *recorder) Fatalf(string, ...any) { r.FailNow() }
func (r *recorder) Log(...any)            {}
func (r *recorder) Logf(string, ...any)   {}

// fails reports whether run fails.
func fails(t *testing.T, run func(t testing.TB)) bool {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(r)
	}()
	<-done
	return r.Failed()
}

// brokenLog is a memory store in which single methods can be replaced.
type brokenLog struct {
	*chattest.Memory
	scan    func(context.Context, *chat.Draft) (chat.Scanned, error)
	append  func(context.Context, *chat.Draft, *chat.Scanned) (chat.Appended, error)
	read    func(context.Context, chat.RoomID, chat.Cursor, int) (chat.LogPage, error)
	history func(context.Context, chat.RoomID, chat.Seq, int) (chat.HistoryPage, error)
	stored  func(testing.TB, chat.RoomID) string
}

func newBrokenLog(sabotage func(*brokenLog)) *brokenLog {
	m := chattest.NewMemory()
	b := &brokenLog{Memory: m, scan: m.Scan, append: m.Append, read: m.Read, history: m.History}
	b.stored = func(_ testing.TB, room chat.RoomID) string { return strings.Join(m.Words(room), "\n") }
	sabotage(b)
	return b
}

func (b *brokenLog) Scan(ctx context.Context, d *chat.Draft) (chat.Scanned, error) {
	return b.scan(ctx, d)
}

func (b *brokenLog) Append(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
	return b.append(ctx, d, scanned)
}

func (b *brokenLog) Read(ctx context.Context, room chat.RoomID, after chat.Cursor, limit int) (chat.LogPage, error) {
	return b.read(ctx, room, after, limit)
}

func (b *brokenLog) History(ctx context.Context, room chat.RoomID, before chat.Seq, limit int) (chat.HistoryPage, error) {
	return b.history(ctx, room, before, limit)
}

// head returns a scan that passed nothing, as of a store that reads only the head.
func (b *brokenLog) head(ctx context.Context, room chat.RoomID) chat.Scanned {
	heads, _ := b.Heads(ctx, []chat.RoomID{room})
	return chat.Scanned{Head: heads[0]}
}
