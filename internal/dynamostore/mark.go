package dynamostore

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// markEvery is how often one mark is written at most; a mark that moved in
// between follows when it is over.
const markEvery = 3 * time.Second

// marker advances marks beside the log: at once when it has been quiet, else
// the highest of what came within every. A mark that cannot be written is
// lost, which costs its reader a number that is too high until the next one.
type marker struct {
	table   table
	sleep   func(ctx context.Context, d time.Duration) error
	every   time.Duration
	ctx     context.Context
	stop    context.CancelFunc
	writing sync.WaitGroup

	mu        sync.Mutex
	waiting   map[markPlace]chat.Mark
	isRunning bool
}

type markPlace struct {
	room chat.RoomID
	user chat.UserID
}

func (p markPlace) compare(q markPlace) int {
	return cmp.Or(cmp.Compare(p.room, q.room), cmp.Compare(p.user, q.user))
}

func newMarker(t table, sleep func(context.Context, time.Duration) error) *marker {
	ctx, stop := context.WithCancel(context.Background())
	return &marker{table: t, sleep: sleep, every: markEvery, ctx: ctx, stop: stop, waiting: map[markPlace]chat.Mark{}}
}

// followMark advances the mark of a plain post's author; every other entry
// carried its marks in its transaction.
func (s *Store) followMark(e *chat.Entry) {
	if e.Kind == chat.KindPosted && len(e.Mentions) == 0 {
		s.marks.note(markPlace{e.Room, e.Author}, chat.MarkAt(e))
	}
}

func (m *marker) note(at markPlace, mark chat.Mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if held, isWaiting := m.waiting[at]; !isWaiting || held.Seq < mark.Seq {
		m.waiting[at] = mark
	}
	if !m.isRunning {
		m.isRunning = true
		m.writing.Go(m.run)
	}
}

func (m *marker) run() {
	for {
		batch := m.take()
		if batch == nil {
			return
		}
		// In a fixed order, so that the model check can repeat a run.
		for _, at := range slices.SortedFunc(maps.Keys(batch), markPlace.compare) {
			// Nobody waits for the outcome, and the next mark repairs a lost one.
			_, _, _ = m.table.apply(context.WithoutCancel(m.ctx), risingMark(at, batch[at]))
		}
		// Close cuts the wait short, and the rest is written at once.
		_ = m.sleep(m.ctx, m.every)
	}
}

// take empties what waits; nil, and the writer is over, when there is nothing.
func (m *marker) take() map[markPlace]chat.Mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.waiting) == 0 {
		m.isRunning = false
		return nil
	}
	batch := m.waiting
	m.waiting = map[markPlace]chat.Mark{}
	return batch
}

func risingMark(at markPlace, mark chat.Mark) change {
	return change{key: markKey(at.room, at.user), put: markItem(at.room, at.user, mark), only: []condition{
		{name: "seq", is: less, value: number(mark.Seq), orAbsent: true},
	}}
}

func (m *marker) close(ctx context.Context) error {
	m.stop()
	done := make(chan struct{})
	go func() {
		m.writing.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return chat.Wrap(ctx.Err(), chat.CodeUnavailable, "write marks")
	}
}
