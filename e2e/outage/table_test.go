package outage

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/e2e/crowd"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/faultproxy"
)

// The rates of faults while the table fails in every way that it can. Writes are
// also left undecided and conflict; reads are not.
var (
	badWrites = faultproxy.Rates{
		faultproxy.AnswerLost: 0.04, faultproxy.AnswerBroken: 0.04, faultproxy.Cut: 0.04, faultproxy.Refused: 0.04,
		faultproxy.Throttled: 0.08, faultproxy.Conflict: 0.04, faultproxy.Late: 0.02, faultproxy.Slow: 0.02,
	}
	badReads = faultproxy.Rates{
		faultproxy.AnswerLost: 0.03, faultproxy.Cut: 0.03, faultproxy.Refused: 0.03,
		faultproxy.Throttled: 0.05, faultproxy.Slow: 0.01,
	}
	none = faultproxy.Rates{}
)

// meets sets the faults of the table, which end with the test at the latest.
func (p *place) meets(t *testing.T, writes, reads faultproxy.Rates) {
	t.Helper()
	t.Cleanup(p.heal)
	p.proxy.SetRates(writes, faultproxy.Writes...)
	p.proxy.SetRates(reads, faultproxy.Reads...)
}

// heal ends the faults, and waits until delayed requests have arrived.
func (p *place) heal() {
	p.proxy.SetRates(none, faultproxy.Writes...)
	p.proxy.SetRates(none, faultproxy.Reads...)
	_ = p.proxy.Settle(context.Background()) // a delayed write that fails is as good as lost
}

// talkers gathers people in some rooms, who talk, leave and join.
func talkers(ctx context.Context, t *testing.T, home *place, name string) *crowd.Crowd {
	t.Helper()
	const people, rooms = 12, 3
	options := crowd.Options{
		Home: home.URL(), Seed: seed(t), People: people, Output: home.Output, Pause: 200 * time.Millisecond,
	}
	for range rooms {
		options.Rooms = append(options.Rooms, home.room(name))
	}
	return crowd.Gather(ctx, t, options)
}

// TestTable_faults has people write and join while the table is slow, refuses,
// throttles, and leaves the outcome of writes undecided.
func TestTable_faults(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	home := shared(t)
	people := talkers(ctx, t, home, "faults")
	before := home.proxy.Met()
	home.meets(t, badWrites, badReads)
	hush := people.Talk(ctx)
	atLeast := 100
	if isLong() {
		atLeast = 600
	}
	await(ctx, t, "enough faults", func() bool { return faults(home, before) >= atLeast })
	hush()
	home.heal()
	t.Logf("%d faults: %s", faults(home, before), people.Settle(ctx, t))
}

func faults(home *place, before map[faultproxy.Fault]int) int {
	met := 0
	for fault, count := range home.proxy.Met() {
		if fault != faultproxy.None {
			met += count - before[fault]
		}
	}
	return met
}

// TestTable_outage throttles, refuses or cuts off every request for longer than
// any function may run: people are told that Maru is unavailable and when to try
// again, and what they wrote is there afterwards.
func TestTable_outage(t *testing.T) {
	needsLong(t, "half a minute")
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	home := shared(t)
	people := talkers(ctx, t, home, "outage")
	account, err := client.SignIn(ctx, home.URL(), "latecomer")
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range people.Rooms {
		if _, err := account.JoinRoom(ctx, room); err != nil {
			t.Fatal(err)
		}
	}
	hush := people.Talk(ctx)
	from := chat.Seq(20 + rand.New(rand.NewPCG(seed(t), 0)).IntN(20))
	await(ctx, t, "the talk under way", func() bool { return headOf(people, people.Rooms[0]) > from })
	all := faultproxy.Rates{faultproxy.Throttled: 0.5, faultproxy.Refused: 0.25, faultproxy.Cut: 0.25}
	home.meets(t, all, all)
	latecomer := connect(ctx, t, account, people.Rooms)
	await(ctx, t, "people told that Maru is unavailable", func() bool {
		told := 0
		for _, p := range people.People {
			told += min(1, p.Counts().Unavailable)
		}
		return told > len(people.People)/2
	})
	home.heal()
	hush()
	t.Log(people.Settle(ctx, t))
	if err := latecomer.CatchUp(ctx); err != nil {
		t.Error(err)
	}
	for _, room := range people.Rooms {
		got, want := latecomer.Entries(room), people.People[0].Entries(room)
		if !slices.EqualFunc(got, want, func(a, b chat.Entry) bool { return a.Cursor() == b.Cursor() }) {
			t.Errorf("room %s: the client that connected during the outage holds %d entries, want the %d of the log", room, len(got), len(want))
		}
	}
}

// connect starts a client that listens to the rooms until ctx ends.
func connect(ctx context.Context, t *testing.T, account *client.Account, rooms []chat.RoomID) *client.Client {
	t.Helper()
	c := client.Start(ctx, account)
	t.Cleanup(func() { <-c.Ended() })
	for _, room := range rooms {
		c.Follow(room)
	}
	return c
}
