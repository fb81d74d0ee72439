package dynamostore

import (
	"context"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// attrFull is when a bucket is full again, in microseconds: all that a token
// bucket needs to be remembered by (the generic cell rate algorithm).
const attrFull = "full"

// bucketGrace is how long a bucket is kept after it must be full: the clocks of
// two functions differ.
const bucketGrace = time.Minute

// Take is chat.Limiter's. One update when the bucket is full, two when it is
// not. An undecided one is repeated, and may so cost a token more.
func (s *Store) Take(ctx context.Context, key string, rate chat.Rate) (wait time.Duration, err error) {
	if rate.Every <= 0 {
		return 0, nil
	}
	now := s.now()
	capacity := time.Duration(max(1, rate.Burst)) * rate.Every
	// A bucket that is full later than this has no token left.
	latest := now.Add(capacity - rate.Every)
	expires := number(now.Add(capacity + bucketGrace).Unix())
	var full time.Time // as the update before this one found it
	for {
		c := emptierBy(bucketKey(key), now, latest, rate.Every)
		if !full.After(now) {
			c = firstTaken(bucketKey(key), now, rate.Every)
		} else if full.After(latest) {
			return full.Sub(latest), nil
		}
		c.clauses = append(c.clauses, set(attrExpires, expires))
		stands, isMade, err := s.change(ctx, c)
		if err != nil || isMade {
			return 0, chat.Wrap(err, chat.CodeUnavailable, "limit "+key)
		}
		full = stands.time(attrFull)
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
