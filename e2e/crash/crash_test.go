package crash

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/e2e/resident"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/wire"
)

const (
	people = 20
	rooms  = 5
	// defaultRounds is for a go test without the settings of the Makefile.
	defaultRounds = "2"
	// roundLimit bounds one round, which takes about two seconds.
	roundLimit = time.Minute
)

// TestCrash kills the server under load and compares. A round depends on its
// seed alone: MARU_SEED=<the seed of the round> MARU_CRASH_ROUNDS=1 repeats it.
func TestCrash(t *testing.T) {
	count, err := strconv.Atoi(cmp.Or(os.Getenv("MARU_CRASH_ROUNDS"), defaultRounds))
	if err != nil || count < 1 {
		t.Fatalf("MARU_CRASH_ROUNDS must be a number of rounds: %v", err)
	}
	seed := chattest.Seed(t)
	for i := range count {
		seed := seed + uint64(i)
		t.Run(fmt.Sprintf("round %d with MARU_SEED=%d", i+1, seed), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), roundLimit)
			defer cancel()
			newRound(ctx, t, seed).play(ctx, t)
		})
	}
}

// TestShutdown stops the server in order under load: everybody is told, what is
// under way is acknowledged, and what was acknowledged is there afterwards.
func TestShutdown(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), roundLimit)
	defer cancel()
	r := newRound(ctx, t, chattest.Seed(t))
	hush := r.talk(ctx)
	r.wait(ctx, 200*time.Millisecond, 600*time.Millisecond)
	const limit = 10 * time.Second
	code, took, err := r.server.Stop(limit)
	if err != nil || code != 0 {
		t.Errorf("stopped with exit code %d: %v", code, err)
	}
	t.Logf("stopped in %v", took)
	for _, p := range r.people {
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

// round is one server's life with its crashes, and those who talk meanwhile.
type round struct {
	rng    *rand.Rand
	data   string
	server *resident.Server
	people []*person
	rooms  []chat.RoomID
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
	for i := range rooms {
		r.rooms = append(r.rooms, chat.RoomID(fmt.Sprintf("room-%d", i)))
	}
	r.people = make([]*person, people)
	for i := range r.people {
		r.people[i] = &person{rng: rand.New(rand.NewPCG(seed, uint64(i+1))), rooms: r.rooms}
	}
	if err := r.enter(ctx, t, r.people[0], 0); err != nil { // who creates the rooms
		t.Fatal(err)
	}
	r.all(t, func(i int, p *person) error {
		if i == 0 {
			return nil
		}
		return r.enter(ctx, t, p, i)
	})
	return r
}

// enter signs a person in and brings them into every room.
func (r *round) enter(ctx context.Context, t *testing.T, p *person, i int) error {
	account, err := client.SignIn(ctx, r.server.URL(), fmt.Sprintf("person %d", i))
	if err != nil {
		return err
	}
	p.Client = client.Start(ctx, account)
	t.Cleanup(func() { <-p.Ended() })
	for _, room := range r.rooms {
		if i == 0 {
			_, err = account.CreateRoom(ctx, room, string(room), chat.Public)
		} else {
			_, err = account.JoinRoom(ctx, room)
		}
		if err != nil {
			return err
		}
		p.Follow(room)
	}
	return p.Current(ctx)
}

// all does something for everybody at once and fails the test where that fails.
func (r *round) all(t *testing.T, do func(i int, p *person) error) {
	t.Helper()
	errs := make([]error, len(r.people))
	var wg sync.WaitGroup
	for i, p := range r.people {
		wg.Go(func() { errs[i] = do(i, p) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Errorf("%v\n%s", err, tail(r.server.Output()))
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// tail is the end of a log, as much of it as is of use in a failure.
func tail(text string) string {
	const most = 4000
	return text[max(0, len(text)-most):]
}

// play lets people talk, kills the server under them once or twice, and judges
// when all have come back.
func (r *round) play(ctx context.Context, t *testing.T) {
	hush := r.talk(ctx)
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
	r.settle(ctx, t)
}

// talk lets everybody talk until the function that it returns is called.
func (r *round) talk(ctx context.Context) (hush func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for _, p := range r.people {
		wg.Go(func() { p.talk(ctx) })
	}
	return func() {
		cancel()
		wg.Wait()
	}
}

// settle waits until everybody has everything, judges it, and looks at what is
// on the disk.
func (r *round) settle(ctx context.Context, t *testing.T) {
	t.Helper()
	r.all(t, func(_ int, p *person) error { return p.CatchUp(ctx) })
	r.all(t, func(_ int, p *person) error { p.comeBack(); return p.CatchUp(ctx) })
	r.all(t, func(_ int, p *person) error { return p.CatchUp(ctx) }) // what the last to come back have added
	r.judge(ctx, t)
	if code, took, err := r.server.Stop(10 * time.Second); err != nil || code != 0 {
		t.Errorf("stopped with exit code %d after %v: %v", code, took, err)
	}
	if output, err := exec.CommandContext(ctx, program(t), "check", "--data", r.data).CombinedOutput(); err != nil {
		t.Errorf("maru check: %v\n%s", err, output)
	}
}

// wait lets a random time pass.
func (r *round) wait(ctx context.Context, least, most time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(least + time.Duration(r.rng.Int64N(int64(most-least)))):
	}
}

// judge gathers the evidence of each room.
func (r *round) judge(ctx context.Context, t *testing.T) {
	reader := r.people[0].Account()
	written, refused, resent := 0, 0, 0
	for _, room := range r.rooms {
		log, err := reader.Entries(ctx, room, chat.Cursor{})
		if err != nil {
			t.Fatal(err)
		}
		posts, err := reader.Posts(ctx, room)
		if err != nil {
			t.Fatal(err)
		}
		evidence := &Evidence{Room: room, Log: log, Posts: posts, Reader: reader.User, Views: map[chat.UserID][]chat.Entry{}}
		for _, p := range r.people {
			evidence.Views[p.Account().User] = p.Entries(room)
			evidence.Sent = append(evidence.Sent, p.sentTo(room)...)
		}
		for _, sent := range evidence.Sent {
			switch {
			case sent.Err != nil:
				refused++
			case sent.Ack.Existed && sent.Ack.Cursor != nil:
				resent++
			}
		}
		written += len(log)
		if err := evidence.Judge(); err != nil {
			t.Error(err)
		}
	}
	connections := 0
	for _, p := range r.people {
		connections += p.Opened()
		if p.Resets() > 0 {
			t.Errorf("%s was told that a log is another", p.Account().Name)
		}
		for _, fault := range p.Faults() {
			t.Errorf("%s: %v", p.Account().Name, fault)
		}
	}
	t.Logf("%d entries, %d of them written before a crash and found by a resend, %d refused, %d connections",
		written, resent, refused, connections)
}
