package outage

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"
)

// TestKilledOften kills whatever functions are at work, time and again, under
// people who write, join and leave: answers are lost before and after the write
// that they would have told of.
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
		// Each function gets its turn as often as it has work.
		for _, function := range []string{"socket", "http", "push", "authorizer"} {
			lets(ctx, t, time.Duration(rng.IntN(200))*time.Millisecond)
			busy, err := home.KillBusy(ctx, function)
			if err != nil {
				t.Fatal(err)
			}
			killed += busy
		}
	}
	hush()
	t.Logf("%d functions killed at work: %s", killed, people.Settle(ctx, t))
}

// lets a time pass.
func lets(ctx context.Context, t *testing.T, pass time.Duration) {
	t.Helper()
	select {
	case <-time.After(pass):
	case <-ctx.Done():
		t.Fatal(context.Cause(ctx))
	}
}
