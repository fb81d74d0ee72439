package limiter

import (
	"strconv"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// clock is a clock that only the test moves.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.at }

func take(t *testing.T, l *Limiter, key string, rate chat.Rate) time.Duration {
	t.Helper()
	wait, err := l.Take(t.Context(), key, rate)
	if err != nil {
		t.Fatalf("Take(%q): %v", key, err)
	}
	return wait
}

func TestLimiter_forgets(t *testing.T) {
	t.Parallel()

	t.Run("keys with the zero rate", func(t *testing.T) {
		t.Parallel()
		l := New(newClock().now)
		for i := range 1000 {
			take(t, l, strconv.Itoa(i), chat.Rate{})
		}
		if n := len(l.fullAt); n != 0 {
			t.Errorf("%d buckets are kept, want 0", n)
		}
	})

	t.Run("keys whose bucket is full again", func(t *testing.T) {
		t.Parallel()
		c := newClock()
		l := New(c.now)
		rate := chat.Rate{Burst: 1, Every: time.Second}
		for i := range 100_000 {
			take(t, l, strconv.Itoa(i), rate)
			c.at = c.at.Add(10 * time.Millisecond)
			if n := len(l.fullAt); n > firstSweep {
				t.Fatalf("after %d keys, 100 of them busy: %d are kept, want at most %d", i, n, firstSweep)
			}
		}
	})

	t.Run("keys beyond MaxKeys, the emptiest bucket last", func(t *testing.T) {
		t.Parallel()
		l := New(newClock().now)
		l.maxKeys = 50
		hour := chat.Rate{Burst: 100, Every: time.Hour}
		for range hour.Burst {
			take(t, l, "busy", hour)
		}
		for i := range 10_000 {
			take(t, l, strconv.Itoa(i), hour)
		}
		if n := len(l.fullAt); n > 50 {
			t.Errorf("%d buckets are kept, want at most 50", n)
		}
		if wait := take(t, l, "busy", hour); wait == 0 {
			t.Error("the emptiest bucket was forgotten before fuller ones")
		}
	})
}
