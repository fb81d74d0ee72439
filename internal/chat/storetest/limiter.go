package storetest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// LimiterHarness gives [RunLimiter] a limiter.
type LimiterHarness struct {
	// Open returns a limiter that reads the time from now.
	Open func(t testing.TB, now func() time.Time) chat.Limiter
}

// limiterTest is one case's view of a limiter, and the clock that it reads.
type limiterTest struct {
	limiter chat.Limiter
	key     string

	mu  sync.Mutex
	now time.Time
}

type limiterCase struct {
	rule string
	run  func(t testing.TB, l *limiterTest)
}

var limiterCases = []limiterCase{
	{"gives a burst, then one token after each Every", burstThenRate},
	{"says how long until there is a token", saysHowLong},
	{"takes nothing when it refuses", refusalTakesNothing},
	{"fills up to the burst and no further", fillsToBurst},
	{"keeps keys apart", keepsKeysApart},
	{"gives no more than the burst to many at once", burstIsAtomic},
	{"has no bound for the zero Rate", zeroRateIsUnbounded},
}

var rateOfTest = chat.Rate{Burst: 3, Every: 2 * time.Second}

// RunLimiter checks a limiter against the contract of chat.Limiter.
func RunLimiter(t *testing.T, h LimiterHarness) {
	for _, c := range limiterCases {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			l := &limiterTest{key: unique("key"), now: startOfTime}
			l.limiter = h.Open(t, l.clock)
			c.run(t, l)
		})
	}
}

func (l *limiterTest) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *limiterTest) pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

// want takes a token and requires the wait, to the millisecond.
func (l *limiterTest) want(t testing.TB, what string, want time.Duration) {
	t.Helper()
	wait, err := l.limiter.Take(t.Context(), l.key, rateOfTest)
	if err != nil || wait.Round(time.Millisecond) != want {
		t.Errorf("%s: wait %v, error %v; want %v", what, wait, err, want)
	}
}

func (l *limiterTest) empty(t testing.TB) {
	t.Helper()
	for range rateOfTest.Burst {
		l.want(t, "burst", 0)
	}
}

func burstThenRate(t testing.TB, l *limiterTest) {
	l.empty(t)
	l.want(t, "after the burst", 2*time.Second)
	for range 3 {
		l.pass(2 * time.Second)
		l.want(t, "after Every", 0)
		l.want(t, "again at once", 2*time.Second)
	}
}

func saysHowLong(t testing.TB, l *limiterTest) {
	l.empty(t)
	l.pass(500 * time.Millisecond)
	l.want(t, "after a quarter", 1500*time.Millisecond)
	l.pass(1499 * time.Millisecond)
	l.want(t, "just before", time.Millisecond)
	l.pass(time.Millisecond)
	l.want(t, "then", 0)
}

func refusalTakesNothing(t testing.TB, l *limiterTest) {
	l.empty(t)
	for range 10 {
		l.want(t, "refused", 2*time.Second)
	}
	l.pass(2 * time.Second)
	l.want(t, "after Every", 0)
}

func fillsToBurst(t testing.TB, l *limiterTest) {
	l.empty(t)
	l.pass(time.Hour)
	l.empty(t)
	l.want(t, "after a second burst", 2*time.Second)
	l.pass(5 * time.Second)
	l.want(t, "first of two", 0)
	l.want(t, "second of two", 0)
	l.want(t, "a third", time.Second)
}

func keepsKeysApart(t testing.TB, l *limiterTest) {
	l.empty(t)
	l.want(t, "this key", 2*time.Second)
	l.key += "-1"
	l.want(t, "a longer key", 0)
}

func burstIsAtomic(t testing.TB, l *limiterTest) {
	var taken atomic.Int32
	concurrently(20, func(int) {
		wait, err := l.limiter.Take(context.WithoutCancel(t.Context()), l.key, rateOfTest)
		if err != nil {
			t.Errorf("take: %v", err)
		}
		if wait == 0 && err == nil {
			taken.Add(1)
		}
	})
	if int(taken.Load()) != rateOfTest.Burst {
		t.Errorf("%d of 20 took a token, want %d", taken.Load(), rateOfTest.Burst)
	}
}

func zeroRateIsUnbounded(t testing.TB, l *limiterTest) {
	for range 100 {
		wait, err := l.limiter.Take(t.Context(), l.key, chat.Rate{})
		if wait != 0 || err != nil {
			t.Fatalf("wait %v, error %v", wait, err)
		}
	}
}
