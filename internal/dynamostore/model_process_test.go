package dynamostore

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// process is one writer: a service on a store, on its own way to the table.
type process struct {
	name    string
	service *chat.Service
	store   *Store
	skew    time.Duration
	isDead  bool
}

type ownerKey struct{}

// owned names the request that the calls under ctx belong to.
func owned(ctx context.Context, owner string) context.Context {
	return context.WithValue(ctx, ownerKey{}, owner)
}

// worldTable is the table as one process reaches it.
type worldTable struct {
	world   *world
	process *process
}

var _ table = (*worldTable)(nil)

func (t *worldTable) step(ctx context.Context, kind stepKind, what string, do func()) error {
	owner, isOwned := ctx.Value(ownerKey{}).(string)
	if !isOwned {
		owner = t.process.name
	}
	return t.world.stand(&step{owner: owner, what: what, process: t.process, kind: kind, do: do})
}

// query reads in one step or in two: DynamoDB reads each item by itself, and
// others may write between two of them. A query that is past the log's end may
// so come by the next slot while it is empty, and still see the one after it.
func (t *worldTable) query(ctx context.Context, s span) (found page, err error) {
	isTorn := false
	err = t.step(ctx, stepRead, "query "+s.first, func() {
		found = t.world.table.query(s)
		isTorn = len(found.items) > 0 && !found.isCut && !s.isBackward && !t.world.isQuiet && t.world.rng.IntN(4) == 0
	})
	last := len(found.items) - 1
	if err != nil || !isTorn || !strings.HasPrefix(s.first, entryPrefix) {
		return found, err
	}
	rest := s
	rest.limit -= len(found.items)
	rest.first = entrySort(chat.Seq(found.items[last].number("seq")) + 2)
	var more page
	err = t.step(ctx, stepRead, "query on "+rest.first, func() { more = t.world.table.query(rest) })
	return page{items: slices.Concat(found.items, more.items), isCut: more.isCut}, err
}

func (t *worldTable) get(ctx context.Context, keys ...key) ([]item, error) {
	found := make([]item, len(keys))
	if len(keys) == 0 {
		return found, nil
	}
	err := t.step(ctx, stepRead, "get "+keys[0].sk, func() {
		for i, k := range keys {
			found[i] = t.world.table.at(k)
		}
	})
	return found, err
}

func (t *worldTable) commit(ctx context.Context, slot item, changes []change) (item, error) {
	var taken item
	var refused error
	what := "commit " + slot.text(sortKey) + " " + slot.text("kind") + " " + slot.text("id")
	err := t.step(ctx, stepWrite, what, func() {
		if taken, refused = t.world.table.commit(slot, changes); taken != nil {
			t.world.tally.lostSlots++
		}
	})
	if err != nil {
		return nil, err
	}
	return taken, refused
}

func (t *worldTable) apply(ctx context.Context, c change) (stands item, isMade bool, err error) {
	err = t.step(ctx, stepWrite, "apply "+c.key.sk, func() { stands, isMade = t.world.table.apply(&c) })
	return stands, isMade, err
}

// sleep is a process's wait.
func (t *worldTable) sleep(ctx context.Context, d time.Duration) error {
	return t.step(ctx, stepWait, "wait", func() {})
}

// addProcess starts a writer whose store is what build makes of it.
func (w *world) addProcess(variant *variant) {
	p := &process{
		name: "process" + strconv.Itoa(len(w.processes)),
		skew: time.Duration(w.rng.IntN(10_000)-5_000) * time.Millisecond,
	}
	reached := &worldTable{world: w, process: p}
	tokens := rand.New(rand.NewPCG(w.rng.Uint64(), 0))
	var mu sync.Mutex
	p.store = newStore(variant.onTable(reached), &patience{sleep: reached.sleep, random: func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return tokens.Float64()
	}})
	p.service = chat.NewService(chat.Ports{
		Log: variant.onLog(p.store), Rooms: modelRooms{p.store}, Members: modelMembers{p.store},
		Accounts: modelAccounts{}, Audience: modelAudience{},
	}, func() time.Time { return modelStart.Add(p.skew + time.Duration(w.taken)*time.Millisecond) }, nil)
	p.service.Rates = chat.Rates{}
	w.processes = append(w.processes, p)
}

var modelStart = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
