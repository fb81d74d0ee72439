package dynamostore

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

// markTable keeps the marks that were written, and when.
type markTable struct {
	table
	began time.Time

	mu      sync.Mutex
	written []writtenMark
}

type writtenMark struct {
	After time.Duration
	Place string
	Seq   int64
}

func (m *markTable) apply(_ context.Context, c change) (item, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.written = append(m.written, writtenMark{time.Since(m.began), c.key.pk, c.put.number("seq")})
	return nil, true, nil
}

func TestMarker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := &markTable{began: time.Now()}
		m := newMarker(kept, sleep)
		note := func(user chat.UserID, seq chat.Seq) { m.note(markPlace{"room", user}, chat.Mark{Seq: seq}) }

		note("ann", 2) // at once
		synctest.Wait()
		note("ann", 4) // these wait, and the highest is written
		note("ann", 7)
		note("ann", 5)
		note("bo", 6)
		time.Sleep(markEvery + time.Millisecond)
		note("ann", 9) // waits until Close
		if err := m.close(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := []writtenMark{
			{0, "U#ann", 2},
			{markEvery, "U#ann", 7},
			{markEvery, "U#bo", 6},
			{markEvery + time.Millisecond, "U#ann", 9},
		}
		if diff := cmp.Diff(want, kept.written); diff != "" {
			t.Errorf("marks written (-want +got):\n%s", diff)
		}
	})
}

func TestMarker_startsAnewAfterAQuietTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := &markTable{began: time.Now()}
		m := newMarker(kept, sleep)
		for seq := chat.Seq(1); seq <= 3; seq++ {
			m.note(markPlace{"room", "ann"}, chat.Mark{Seq: seq})
			time.Sleep(time.Minute)
		}
		if err := m.close(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := []writtenMark{{0, "U#ann", 1}, {time.Minute, "U#ann", 2}, {2 * time.Minute, "U#ann", 3}}
		if diff := cmp.Diff(want, kept.written); diff != "" {
			t.Errorf("marks written (-want +got):\n%s", diff)
		}
	})
}
