//go:build !race

// In a history a few goroutines take turns, so the race detector would find nothing
// here, and would make each history ten times slower.

package dynamostore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

// How far the model check goes: `make check` raises the number of histories,
// and a failure prints the seed that repeats it.
const (
	historiesVariable = "MARU_MODEL_HISTORIES"
	// defaultHistories are for a go test without the settings of the Makefile.
	defaultHistories = 500
	// brokenWithin is how soon every broken variant has to be found.
	brokenWithin = 10_000
)

// TestModel runs the real service on the real append walk over a simulated
// table, through random interleavings, crashes and faults, and asks after each
// history whether every promise was kept.
func TestModel(t *testing.T) {
	t.Parallel()
	histories := historiesFromEnvironment(t)
	base := chattest.Seed(t)
	began := time.Now()
	failure, sum := search(t, &variant{}, base, histories)
	t.Logf("%d histories from seed %d, %.0f a second: %+v", histories, base, float64(histories)/time.Since(began).Seconds(), sum)
	if failure != nil {
		t.Error(failure.explain(t))
	}
	if histories >= defaultHistories {
		if lacks := sum.lacks(); lacks != "" {
			t.Errorf("the histories were too tame to show anything: too few %s", lacks)
		}
	}
}

// lacks names an event that happened too rarely for the check to mean anything; ""
// when none did. The bounds are a third to a half of the usual numbers in
// defaultHistories histories: no seed comes near them.
func (t *tally) lacks() string {
	for what, n := range map[string]struct{ got, least int }{
		"acknowledgements": {t.acks, 1000}, "lost slots": {t.lostSlots, 500}, "undecided writes": {t.undecided, 250},
		"late writes": {t.late, 70}, "crashes": {t.crashes, 150},
		"removals": {t.removals, 50}, "members who came back": {t.rejoins, 12}, "raised cursors": {t.raised, 120},
	} {
		if n.got < n.least {
			return what
		}
	}
	return ""
}

// TestModel_isRepeatable runs the same history twice: a printed seed must repeat its
// history.
func TestModel_isRepeatable(t *testing.T) {
	t.Parallel()
	base := chattest.Seed(t)
	for seed := base; seed < base+50; seed++ {
		first, again := outcomeOfSeed(t, seed, &variant{}), outcomeOfSeed(t, seed, &variant{})
		if diff := cmp.Diff(first.trace, again.trace); diff != "" {
			t.Fatalf("history %d went another way when repeated:\n%s", seed, diff)
		}
	}
}

func outcomeOfSeed(t *testing.T, seed uint64, v *variant) (o outcome) {
	synctest.Test(t, func(*testing.T) { o = runHistory(seed, v, true) })
	return o
}

// outcome is what became of one history.
type outcome struct {
	broken string // the promise that it broke, "" for none
	tally  tally
	trace  []string
}

// TestModel_findsBrokenVariants shows that the check can fail: it finds each broken
// variant, within brokenWithin histories.
func TestModel_findsBrokenVariants(t *testing.T) {
	t.Parallel()
	base := chattest.Seed(t)
	for _, v := range brokenVariants {
		t.Run(v.name, func(t *testing.T) {
			failure, _ := search(t, &v, base, brokenWithin)
			if failure == nil {
				t.Fatalf("%d histories from seed %d did not find it", brokenWithin, base)
			}
			t.Logf("found at history %d: %s", failure.seed-base+1, strings.SplitN(failure.broken, "\n", 2)[0])
		})
	}
}

// failure is a history that broke a promise.
type failure struct {
	seed    uint64
	broken  string
	variant *variant
}

// explain repeats the history with its steps written down.
func (f *failure) explain(t *testing.T) string {
	again := outcomeOfSeed(t, f.seed, f.variant)
	return fmt.Sprintf("history %d: %s\nrepeat it with MARU_SEED=%d %s=1 go test -run '^TestModel$' ./internal/dynamostore\n%s\nthe repetition says: %s",
		f.seed, f.broken, f.seed, historiesVariable, strings.Join(again.trace, "\n"), again.broken)
}

// search runs histories on all cores until one breaks a promise. It returns
// the broken one with the lowest seed that was found, and the sum of all.
func search(t *testing.T, v *variant, base, histories uint64) (*failure, tally) {
	s := &searching{variant: v, base: base, histories: histories}
	t.Run("histories", func(t *testing.T) {
		for core := range min(runtime.GOMAXPROCS(0), int(histories)) {
			t.Run(strconv.Itoa(core), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(*testing.T) { s.work() })
			})
		}
	})
	return s.found, s.sum
}

// searching is a search on several cores.
type searching struct {
	variant         *variant
	base, histories uint64

	mu    sync.Mutex
	begun uint64
	found *failure
	sum   tally
}

func (s *searching) work() {
	for {
		s.mu.Lock()
		seed, isOver := s.base+s.begun, s.begun >= s.histories || s.found != nil
		s.begun++
		s.mu.Unlock()
		if isOver {
			return
		}
		o := runHistory(seed, s.variant, false)
		s.mu.Lock()
		s.sum.add(o.tally)
		if o.broken != "" && (s.found == nil || seed < s.found.seed) {
			s.found = &failure{seed, o.broken, s.variant}
		}
		s.mu.Unlock()
	}
}

// runHistory runs one history in the bubble that it is called in.
func runHistory(seed uint64, v *variant, isTraced bool) outcome {
	w := newWorld(seed)
	w.isTraced = isTraced
	for range 2 + w.rng.IntN(3) {
		w.addProcess(v)
	}
	if err := w.setUp(); err != nil {
		return outcome{broken: err.Error()}
	}
	clients := w.addClients(v)
	var running sync.WaitGroup
	for _, c := range clients {
		running.Go(c.run)
	}
	w.run()
	running.Wait()
	broken := verdict(w, clients)
	return outcome{broken: broken, tally: w.tally, trace: w.trace}
}

// setUp makes the room with an owner, a moderator and a member.
func (w *world) setUp() error {
	w.isQuiet = true
	defer func() { w.isQuiet = false }()
	p := w.processes[0]
	s, ctx := p.service, context.Background()
	owner := modelUsers[0]
	write := func(id chat.EntryID) chat.Write { return chat.Write{Room: modelRoom, ID: id} }
	_, err := p.store.Append(ctx, &chat.Draft{
		Room: modelRoom, Author: owner, ID: "create", Now: modelStart, Content: chat.Content{
			Kind: chat.KindCreated, Title: "마루", Visibility: chat.Public,
			Founders: []chat.Founder{{User: owner, Name: string(owner), Role: chat.RoleOwner}},
		},
	}, &chat.Scanned{})
	if err == nil {
		_, err = s.Join(ctx, modelUsers[1], write("join"))
	}
	if err == nil {
		_, err = s.Join(ctx, modelUsers[2], write("join"))
	}
	if err == nil {
		_, err = s.SetRole(ctx, owner, chat.SetRole{Write: write("role"), User: modelUsers[1], Role: chat.RoleModerator})
	}
	return err
}

// addClients gives each user a device, and one of them two.
func (w *world) addClients(v *variant) []*client {
	var clients []*client
	devices := append([]chat.UserID{modelUsers[w.rng.IntN(len(modelUsers))]}, modelUsers...)
	for i, user := range devices[w.rng.IntN(2):] {
		clients = append(clients, &client{
			world: w, name: fmt.Sprintf("%s%d", user, i), user: user, isBlind: v.isBlind,
			rng: rand.New(rand.NewPCG(w.rng.Uint64(), 1)),
		})
	}
	return clients
}

func historiesFromEnvironment(t *testing.T) uint64 {
	value := os.Getenv(historiesVariable)
	if value == "" {
		return defaultHistories
	}
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", historiesVariable, err)
	}
	return n
}
