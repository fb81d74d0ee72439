package crash

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/maru-chat/maru/e2e/crowd"
	"github.com/maru-chat/maru/e2e/resident"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/wire"
)

const (
	people = 20
	rooms  = 5
	// defaultRounds is for go test without MARU_CRASH_ROUNDS, which the Makefile
	// sets.
	defaultRounds = "2"
	// roundLimit bounds one round, which takes about two seconds.
	roundLimit = time.Minute
	// In repeatingRounds rounds at least one person is cut off while waiting for an
	// acknowledgement. That the entry is stored by then is rarer, the more so on a
	// fast machine: it happens at least once in findingRounds rounds.
	repeatingRounds = 5
	findingRounds   = 50
)

// TestCrash kills the server under load and compares what people have with the
// log. What people do, and when the server is killed, depends only on the seed of
// the round: MARU_SEED=<the seed of the round> MARU_CRASH_ROUNDS=1 repeats it.
func TestCrash(t *testing.T) {
	count, err := strconv.Atoi(cmp.Or(os.Getenv("MARU_CRASH_ROUNDS"), defaultRounds))
	if err != nil || count < 1 {
		t.Fatalf("MARU_CRASH_ROUNDS must be a number of rounds: %v", err)
	}
	program(t) // so that the time of the first round does not include the build
	seed := chattest.Seed(t)
	repeated, resent := 0, 0
	for i := range count {
		seed := seed + uint64(i)
		t.Run(fmt.Sprintf("round %d with MARU_SEED=%d", i+1, seed), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), roundLimit)
			defer cancel()
			found := newRound(ctx, t, seed).play(ctx, t)
			repeated += found.Repeated
			resent += found.Resent
		})
	}
	if !t.Failed() && (count >= repeatingRounds && repeated == 0 || count >= findingRounds && resent == 0) {
		t.Errorf("in %d rounds %d entries were sent again and %d of them found: the server was never killed at work", count, repeated, resent)
	}
}

// TestShutdown stops the server with SIGTERM under load: everybody is told, what
// is under way is acknowledged, and what was acknowledged is there afterwards.
func TestShutdown(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), roundLimit)
	defer cancel()
	r := newRound(ctx, t, chattest.Seed(t))
	hush := r.crowd.Talk(ctx)
	r.wait(ctx, 200*time.Millisecond, 600*time.Millisecond)
	const limit = 10 * time.Second
	code, took, err := r.server.Stop(limit)
	if err != nil || code != 0 {
		t.Errorf("stopped with exit code %d: %v", code, err)
	}
	t.Logf("stopped in %v", took)
	for _, p := range r.crowd.People {
		if told := p.Closings(); !slices.Equal(told, []string{wire.ReasonShutdown}) {
			t.Errorf("%s was told of closings %q", p.Account().Name, told)
		}
	}
	if err := r.server.Start(ctx); err != nil {
		t.Fatal(err)
	}
	hush()
	r.settle(ctx, t)
}

// round is one server through its crashes, and the people who talk meanwhile.
type round struct {
	rng    *rand.Rand
	data   string
	server *resident.Server
	crowd  *crowd.Crowd
}

// newRound starts a server on an empty folder, with everybody in every room.
func newRound(ctx context.Context, t *testing.T, seed uint64) *round {
	t.Helper()
	r := &round{rng: rand.New(rand.NewPCG(seed, 0)), data: t.TempDir()}
	var err error
	r.server, err = resident.New(ctx, resident.Options{Program: program(t), Data: r.data, Env: []string{"MARU_RATES=off"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.server.Kill)
	options := crowd.Options{Home: r.server.URL(), Seed: seed, People: people, Output: r.server.Output}
	for i := range rooms {
		options.Rooms = append(options.Rooms, chat.RoomID(fmt.Sprintf("room-%d", i)))
	}
	r.crowd = crowd.Gather(ctx, t, options)
	return r
}

// play lets people talk, kills the server once or twice meanwhile, and compares
// when all have reconnected.
func (r *round) play(ctx context.Context, t *testing.T) crowd.Findings {
	t.Helper()
	hush := r.crowd.Talk(ctx)
	for range 1 + r.rng.IntN(2) {
		r.wait(ctx, 50*time.Millisecond, 600*time.Millisecond)
		r.server.Kill()
		if err := r.server.Start(ctx); err != nil {
			t.Error(err)
			break
		}
	}
	r.wait(ctx, 0, 300*time.Millisecond)
	hush()
	return r.settle(ctx, t)
}

// settle waits until everybody has every entry, compares what they have with the
// log, and checks the database. A round in which nobody talked, or somebody never
// lost the connection, shows nothing and fails.
func (r *round) settle(ctx context.Context, t *testing.T) crowd.Findings {
	t.Helper()
	found := r.crowd.Settle(ctx, t)
	t.Log(found)
	if found.Posts == 0 {
		t.Error("no post was acknowledged")
	}
	for _, p := range r.crowd.People {
		if opened := p.Counts().Opened; opened < 2 {
			t.Errorf("%s connected %d times, want again after the server was gone", p.Account().Name, opened)
		}
	}
	if code, took, err := r.server.Stop(10 * time.Second); err != nil || code != 0 {
		t.Errorf("stopped with exit code %d after %v: %v", code, took, err)
	}
	if code, said := check(ctx, t, r.data); code != 0 {
		t.Errorf("maru check: exit code %d\n%s", code, said)
	}
	return found
}

// wait lets a random time pass.
func (r *round) wait(ctx context.Context, least, most time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(least + time.Duration(r.rng.Int64N(int64(most-least)))):
	}
}
