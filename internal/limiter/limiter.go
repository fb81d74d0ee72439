// Package limiter is the resident home's [chat.Limiter]: token buckets in
// memory. It is not shared between processes and forgets everything when the
// process ends; the rates themselves are the service's.
//
// A bucket is stored as the instant at which it will be full again (the generic
// cell rate algorithm), so a full bucket needs no memory. Invariants:
//
//   - A key is forgotten once its bucket is full. Otherwise every address that
//     ever came would stay in memory.
//   - At most MaxKeys buckets are kept. Otherwise whoever can make up keys could
//     fill the memory.
package limiter

import (
	"context"
	"sync"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// MaxKeys is the largest number of buckets kept, at about 100 bytes each. Beyond
// it, a new key displaces the fullest of a few random buckets.
const MaxKeys = 200_000

// Limiter keeps token buckets by key. It is safe for concurrent use.
type Limiter struct {
	now     func() time.Time
	maxKeys int

	mu      sync.Mutex
	fullAt  map[string]time.Time
	sweepAt int // the size of fullAt at which full buckets are swept out
}

var _ chat.Limiter = (*Limiter)(nil)

// New returns a Limiter that reads the time from now.
func New(now func() time.Time) *Limiter {
	return &Limiter{now: now, maxKeys: MaxKeys, fullAt: map[string]time.Time{}, sweepAt: firstSweep}
}

// firstSweep is the number of keys below which full buckets are not swept out.
const firstSweep = 1024

// Take implements chat.Limiter. It never fails.
func (l *Limiter) Take(_ context.Context, key string, rate chat.Rate) (time.Duration, error) {
	if rate.Every <= 0 {
		return 0, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()

	now := l.now()
	fullAt, isKnown := l.fullAt[key]
	if fullAt.Before(now) {
		fullAt = now
	}
	fullAt = fullAt.Add(rate.Every)
	capacity := time.Duration(max(1, rate.Burst)) * rate.Every
	if wait := fullAt.Sub(now) - capacity; wait > 0 {
		return wait, nil
	}
	if !isKnown {
		l.makeRoom(now)
	}
	l.fullAt[key] = fullAt
	return 0, nil
}

// makeRoom sweeps out full buckets each time the map has doubled, at a constant
// amortized cost for each key. If the map is still too large it forgets one more.
func (l *Limiter) makeRoom(now time.Time) {
	if len(l.fullAt) >= l.sweepAt {
		for key, fullAt := range l.fullAt {
			if !fullAt.After(now) {
				delete(l.fullAt, key)
			}
		}
		l.sweepAt = max(firstSweep, 2*len(l.fullAt))
	}
	if len(l.fullAt) >= l.maxKeys {
		delete(l.fullAt, l.nearlyFull())
	}
}

// sampled is how many buckets nearlyFull looks at.
const sampled = 8

// nearlyFull picks the one of a few random buckets that will be full first:
// forgetting it gives away the fewest tokens.
func (l *Limiter) nearlyFull() string {
	var chosen string
	var earliest time.Time
	seen := 0
	for key, fullAt := range l.fullAt {
		if seen == 0 || fullAt.Before(earliest) {
			chosen, earliest = key, fullAt
		}
		if seen++; seen == sampled {
			break
		}
	}
	return chosen
}
