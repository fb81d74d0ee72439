package outage

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"
)

// TestKilledOften keeps killing busy functions while people write, join and leave:
// answers are lost, some before the write that they would acknowledge and some
// after it.
func TestKilledOften(t *testing.T) {
	needsLong(t, "twenty seconds")
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	home := shared(t)
	people := talkers(ctx, t, home, "killed")
	rng := rand.New(rand.NewPCG(seed(t), 1))
	hush := people.Talk(ctx)
	const atLeast = 60
	killed := 0
	for killed < atLeast {
		for _, function := range []string{"socket", "http", "push", "authorizer"} {
			pause(ctx, t, time.Duration(rng.IntN(200))*time.Millisecond)
			busy, err := home.KillBusy(ctx, function)
			if err != nil {
				t.Fatal(err)
			}
			killed += busy
		}
	}
	hush()
	t.Logf("%d busy functions killed: %s", killed, people.Settle(ctx, t))
}

// pause waits for a while.
func pause(ctx context.Context, t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-ctx.Done():
		t.Fatal(context.Cause(ctx))
	}
}
