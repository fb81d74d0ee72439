package dynamostore

import (
	"context"
	"errors"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

// countedApply counts the changes made outside transactions, and may refuse them.
type countedApply struct {
	table
	n   int
	err error
}

func (c *countedApply) apply(ctx context.Context, ch change) (item, bool, error) {
	if c.n++; c.err != nil {
		return nil, false, c.err
	}
	return c.table.apply(ctx, ch)
}

func TestStore_Flush(t *testing.T) {
	t.Parallel()
	s, table := newMemoryStore()
	counted := &countedApply{table: s.table}
	s.table = counted
	at := markPlace{"room", "ann"}
	for _, seq := range []chat.Seq{4, 9, 7} {
		s.marks.raise(at, chat.Mark{Seq: seq})
	}
	counted.err = errors.New("no table")
	if err := s.Flush(t.Context()); err == nil || s.marks.at(at).Seq != 9 {
		t.Errorf("a flush that fails: %v, and %d waits; want an error and 9", err, s.marks.at(at).Seq)
	}
	if marks, err := s.Marks(t.Context(), "ann"); err != nil || marks["room"].Seq != 9 {
		t.Errorf("marks show %v, %v; want what waits", marks, err)
	}
	counted.n, counted.err = 0, nil
	for range 2 {
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if stored := table.at(markKey("room", "ann")).number("seq"); stored != 9 || counted.n != 1 {
		t.Errorf("%d is stored after %d writes, want 9 after one", stored, counted.n)
	}
}
