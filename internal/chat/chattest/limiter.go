package chattest

import (
	"context"
	"sync"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// Limiter is a token bucket for each key. It is safe for concurrent use.
type Limiter struct {
	now func() time.Time

	mu      sync.Mutex
	buckets map[string]bucket
	err     error
}

type bucket struct {
	taken int       // tokens that are not back yet
	since time.Time // when the first of them was taken, or the last came back
}

var _ chat.Limiter = (*Limiter)(nil)

// NewLimiter returns a limiter that reads the time from now.
func NewLimiter(now func() time.Time) *Limiter {
	return &Limiter{now: now, buckets: map[string]bucket{}}
}

// Fail makes every later Take return err, until it is called with nil.
func (l *Limiter) Fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

// Take implements chat.Limiter.
func (l *Limiter) Take(ctx context.Context, key string, rate chat.Rate) (time.Duration, error) {
	if err := alive(ctx, "take "+key); err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil || rate == (chat.Rate{}) {
		return 0, l.err
	}
	now, b := l.now(), l.buckets[key]
	for b.taken > 0 && !b.since.Add(rate.Every).After(now) {
		b.taken, b.since = b.taken-1, b.since.Add(rate.Every)
	}
	if b.taken >= rate.Burst {
		return b.since.Add(rate.Every).Sub(now), nil
	}
	if b.taken == 0 {
		b.since = now
	}
	b.taken++
	l.buckets[key] = b
	return 0, nil
}
