package limiter

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// clock is a time that only moves when a test says so.
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

func TestLimiter_Take(t *testing.T) {
	t.Parallel()
	rate := chat.Rate{Burst: 3, Every: time.Second}

	t.Run("gives the burst at once and then says how long to wait", func(t *testing.T) {
		t.Parallel()
		c := newClock()
		l := New(c.now)
		for range rate.Burst {
			if wait := take(t, l, "a", rate); wait != 0 {
				t.Fatalf("within the burst: wait %v, want 0", wait)
			}
		}
		c.at = c.at.Add(300 * time.Millisecond)
		if wait := take(t, l, "a", rate); wait != 700*time.Millisecond {
			t.Errorf("after the burst: wait %v, want 700ms", wait)
		}
	})

	t.Run("a refusal costs nothing", func(t *testing.T) {
		t.Parallel()
		c := newClock()
		l := New(c.now)
		for range 100 {
			take(t, l, "a", rate)
		}
		c.at = c.at.Add(time.Second)
		if wait := take(t, l, "a", rate); wait != 0 {
			t.Errorf("a second after 97 refusals: wait %v, want 0", wait)
		}
	})

	t.Run("never gives more than the burst, however long nobody came", func(t *testing.T) {
		t.Parallel()
		c := newClock()
		l := New(c.now)
		take(t, l, "a", rate)
		c.at = c.at.Add(24 * time.Hour)
		for range rate.Burst {
			take(t, l, "a", rate)
		}
		if wait := take(t, l, "a", rate); wait != time.Second {
			t.Errorf("after the burst: wait %v, want 1s", wait)
		}
	})

	t.Run("keys do not share a bucket", func(t *testing.T) {
		t.Parallel()
		l := New(newClock().now)
		for range rate.Burst {
			take(t, l, "a", rate)
		}
		if wait := take(t, l, "b", rate); wait != 0 {
			t.Errorf("another key: wait %v, want 0", wait)
		}
	})

	t.Run("the zero rate has no bound and no memory", func(t *testing.T) {
		t.Parallel()
		l := New(newClock().now)
		for i := range 1000 {
			if wait := take(t, l, strconv.Itoa(i), chat.Rate{}); wait != 0 {
				t.Fatalf("wait %v, want 0", wait)
			}
		}
		if n := len(l.fullAt); n != 0 {
			t.Errorf("%d buckets are kept, want 0", n)
		}
	})
}

func TestLimiter_forgets(t *testing.T) {
	t.Parallel()

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

	t.Run("keys beyond the bound, the emptiest bucket last", func(t *testing.T) {
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

func TestLimiter_concurrent(t *testing.T) {
	t.Parallel()
	l := New(newClock().now)
	rate := chat.Rate{Burst: 100, Every: time.Minute}
	var given atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if wait, _ := l.Take(t.Context(), "shared", rate); wait == 0 {
					given.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if given.Load() != 100 {
		t.Errorf("%d tokens were given, want exactly the burst of 100", given.Load())
	}
}
