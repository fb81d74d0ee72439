package storetest

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/maru-chat/maru/internal/chat"
)

// LinearizableHarness gives [RunLinearizable] a store and says how much it does.
// Each client does Ops operations, one after the other: it reads, or it appends a
// post. It repeats an append of unknown outcome up to three times, and sometimes
// also repeats one that succeeded.
type LinearizableHarness struct {
	// Open returns a store whose calls may fail with CodeUnavailable, and whose
	// failed appends may land later or never.
	Open func(t testing.TB) chat.Log
	// Seed decides what the clients do.
	Seed uint64
	// Clients and Rooms default to 5 and 2, Ops to 20. Clients read one page, so
	// all of them together must do fewer than chat.MaxPage operations.
	Clients, Rooms, Ops int
}

// RunLinearizable makes clients append and read concurrently under faults. It
// checks with porcupine that one order explains all they saw: an append returns
// the next seq, or the one that its entry already has; a read returns all entries
// after its cursor. Then it reads each log once more: it has no holes, At rises,
// no entry is there twice, and every acknowledged one has the seq acknowledged.
func RunLinearizable(t testing.TB, h LinearizableHarness) {
	if h.Clients == 0 {
		h.Clients = 5
	}
	if h.Rooms == 0 {
		h.Rooms = 2
	}
	if h.Ops == 0 {
		h.Ops = 20
	}
	log := h.Open(t)
	rooms := make([]*sharedRoom, h.Rooms)
	for i := range rooms {
		rooms[i] = newSharedRoom(t, log)
	}
	var history history
	acked := make([][]chat.Entry, h.Clients)
	concurrently(h.Clients, func(i int) {
		c := &client{
			t: t, log: log, history: &history, index: i,
			chance: rand.New(rand.NewPCG(h.Seed, uint64(i))), cursors: map[*sharedRoom]chat.Cursor{},
		}
		for range h.Ops {
			c.act(rooms)
		}
		acked[i] = c.acked
	})
	all := slices.Concat(acked...)
	if len(all) < h.Clients*h.Ops/10 {
		t.Errorf("%d entries were acknowledged in %d operations: too few to show anything", len(all), h.Clients*h.Ops)
	}
	for _, room := range rooms {
		room.check(t, log, all)
	}
	switch porcupine.CheckOperationsTimeout(logModel, history.operations, time.Minute) {
	case porcupine.Illegal:
		t.Errorf("no single order explains what %d clients saw in %d operations", h.Clients, len(history.operations))
	case porcupine.Unknown:
		t.Errorf("no answer within a minute for %d operations: lower Ops or the share of faults", len(history.operations))
	case porcupine.Ok:
	}
}

// sharedRoom is a room that clients share.
type sharedRoom struct {
	id    chat.RoomID
	first chat.Entry
}

// persist repeats a call until its answer is not lost. It runs beside others and
// therefore reports with Errorf.
func persist[T any](t testing.TB, what string, call func() (T, error)) T {
	t.Helper()
	for range 200 {
		v, err := call()
		if chat.CodeOf(err) == chat.CodeUnavailable {
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return v
	}
	t.Errorf("%s: 200 answers were lost", what)
	var none T
	return none
}

func newSharedRoom(t testing.TB, log chat.Log) *sharedRoom {
	t.Helper()
	d := creation(uniqueRoom(), uniqueUser(), chat.Public)
	created := persist(t, "create", func() (chat.Appended, error) { return log.Append(t.Context(), d, &chat.Scanned{}) })
	if created.Entry.Seq != 1 {
		t.FailNow() // persist has said why
	}
	return &sharedRoom{id: d.Room, first: created.Entry}
}

func (r *sharedRoom) check(t testing.TB, log chat.Log, acked []chat.Entry) {
	t.Helper()
	entries := readAll(t, persistentLog{log, t}, r.id, chat.MaxPage)
	seen := map[string]chat.Seq{}
	for i, e := range entries {
		if e.Seq != chat.Seq(i+1) || i > 0 && !e.At.After(entries[i-1].At) {
			t.Errorf("entry %d of %s has seq %d and At %v", i+1, r.id, e.Seq, e.At)
		}
		key := nameOf(&e)
		if earlier, isKnown := seen[key]; isKnown {
			t.Errorf("entries %d and %d of %s are the same entry", earlier, e.Seq, r.id)
		}
		seen[key] = e.Seq
	}
	for _, e := range acked {
		if e.Room != r.id {
			continue
		}
		if seen[nameOf(&e)] != e.Seq {
			t.Errorf("entry %d of %s was acknowledged, but is at %d", e.Seq, r.id, seen[nameOf(&e)])
		}
	}
}

func nameOf(e *chat.Entry) string { return string(e.Author) + "/" + string(e.ID) }
