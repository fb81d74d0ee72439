package dynamostore

import (
	"context"
	"sync"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// attrFull is when a bucket is full again, in microseconds. It is the whole state
// of a token bucket (the generic cell rate algorithm).
const attrFull = "full"

// bucketGrace is how long a bucket is kept after it must be full again, because the
// clocks of two functions differ.
const bucketGrace = time.Minute

// maxBuckets is how many keys a process remembers.
const maxBuckets = 1000

// buckets remembers when buckets are full again, as this process saw them last. The
// stored time may only be later: others may have taken tokens since.
type buckets struct {
	mu   sync.Mutex
	full map[string]time.Time
}

func (b *buckets) last(key string) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.full[key]
}

func (b *buckets) note(key string, full time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.full == nil || len(b.full) >= maxBuckets {
		b.full = map[string]time.Time{}
	}
	b.full[key] = full
}

// Take is chat.Limiter's. It costs one update if the bucket is full or no other
// process took from it since this one did, else two. An undecided update is
// repeated, and may take one token too many.
func (s *Store) Take(ctx context.Context, key string, rate chat.Rate) (wait time.Duration, err error) {
	if rate.Every <= 0 {
		return 0, nil
	}
	now := s.now().Truncate(time.Microsecond)
	capacity := time.Duration(max(1, rate.Burst)) * rate.Every
	// A bucket that is full later than this has no token left.
	latest := now.Add(capacity - rate.Every)
	expires := number(now.Add(capacity + bucketGrace).Unix())
	full := s.buckets.last(key)
	for {
		c, next := emptierBy(bucketKey(key), now, latest, rate.Every), full.Add(rate.Every)
		if !full.After(now) {
			c, next = firstTaken(bucketKey(key), now, rate.Every), now.Add(rate.Every)
		} else if full.After(latest) {
			return full.Sub(latest), nil
		}
		c.clauses = append(c.clauses, set(attrExpires, expires))
		stands, isMade, err := s.change(ctx, c)
		if err != nil {
			return 0, chat.Wrap(err, chat.CodeUnavailable, "limit "+key)
		}
		if isMade {
			s.buckets.note(key, next)
			return 0, nil
		}
		full = stands.time(attrFull)
		s.buckets.note(key, full)
	}
}

// firstTaken takes the first token of a bucket that is full at now.
func firstTaken(k key, now time.Time, every time.Duration) change {
	return change{
		key:     k,
		only:    []condition{{name: attrFull, is: atMost, value: number(now.UnixMicro()), orAbsent: true}},
		clauses: []clause{set(attrFull, number(now.Add(every).UnixMicro()))},
	}
}

// emptierBy takes a token of a bucket that is neither full nor empty.
func emptierBy(k key, now, latest time.Time, every time.Duration) change {
	return change{
		key: k,
		only: []condition{
			{name: attrFull, is: greater, value: number(now.UnixMicro())},
			{name: attrFull, is: atMost, value: number(latest.UnixMicro())},
		},
		clauses: []clause{add(attrFull, int(every.Microseconds()))},
	}
}
