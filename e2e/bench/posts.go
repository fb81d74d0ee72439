package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// warmUp is the part of a load that is not measured.
const warmUp = time.Second

// posts measures how many posts are acknowledged a second. Each sender is alone
// in a room, listens to it, and waits for one acknowledgement at a time.
func posts(senders int, bar float64) func(context.Context, *bench) ([]figure, error) {
	return func(ctx context.Context, b *bench) ([]figure, error) {
		s, err := b.start(ctx, "")
		if err != nil {
			return nil, err
		}
		defer s.Kill()
		seats, err := alone(ctx, s, senders)
		if err != nil {
			return nil, err
		}
		var acknowledged atomic.Int64
		loadCtx, stop := context.WithCancel(ctx)
		defer stop()
		var wg sync.WaitGroup
		for _, seat := range seats {
			go seat.read()
			wg.Go(func() {
				for seat.try(loadCtx, words) {
					acknowledged.Add(1)
				}
			})
		}
		rate, written, err := s.watch(ctx, b.span, &acknowledged)
		stop()
		wg.Wait()
		acks := figure{name: "acknowledged posts", value: rate, unit: "/s", bar: bar, isRate: true}
		return append([]figure{acks}, written.figures()...), errors.Join(err, leave(seats))
	}
}

// alone connects each sender to a room of their own.
func alone(ctx context.Context, s *server, senders int) ([]*seat, error) {
	people, err := crowd(ctx, s.URL(), senders)
	if err != nil {
		return nil, err
	}
	seats := make([]*seat, senders)
	return seats, atOnce(senders, func(i int) error {
		room := chat.RoomID(fmt.Sprintf("room-%d", i))
		if err := settle(ctx, room, people[i:i+1]); err != nil {
			return err
		}
		var err error
		seats[i], err = sit(ctx, people[i], room, true)
		return err
	})
}

var errNothing = errors.New("nothing arrived")

// watch measures how many posts are acknowledged a second in the span, and how
// they were batched.
func (s *server) watch(ctx context.Context, span time.Duration, acknowledged *atomic.Int64) (rate float64, written batches, err error) {
	if err := pause(ctx, warmUp); err != nil {
		return 0, batches{}, err
	}
	before := acknowledged.Load()
	earlier, err := s.batches(ctx)
	if err != nil {
		return 0, batches{}, err
	}
	began := time.Now()
	if err := pause(ctx, span); err != nil {
		return 0, batches{}, err
	}
	took := time.Since(began)
	count := acknowledged.Load() - before
	later, err := s.batches(ctx)
	if count == 0 {
		return 0, batches{}, errNothing
	}
	return float64(count) / took.Seconds(), later.since(earlier), err
}

// pause waits for the span; it fails when ctx ends first.
func pause(ctx context.Context, span time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(span):
		return nil
	}
}
