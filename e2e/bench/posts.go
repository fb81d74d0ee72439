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
		rate, batch, err := s.watch(ctx, b.span, &acknowledged)
		stop()
		wg.Wait()
		return []figure{
			{name: "acknowledged posts", value: rate, unit: "/s", bar: bar, isRate: true},
			{name: "writes in a transaction", value: batch},
		}, errors.Join(err, leave(seats))
	}
}

// alone seats each sender in a room of their own.
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

// watch measures what is acknowledged in the span, and the size of batches.
func (s *server) watch(ctx context.Context, span time.Duration, acknowledged *atomic.Int64) (rate, batch float64, err error) {
	if err := pause(ctx, warmUp); err != nil {
		return 0, 0, err
	}
	before := acknowledged.Load()
	commits, writes, err := s.commits(ctx)
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err := pause(ctx, span); err != nil {
		return 0, 0, err
	}
	took := time.Since(began)
	count := acknowledged.Load() - before
	commitsAfter, writesAfter, err := s.commits(ctx)
	if count == 0 {
		return 0, 0, errNothing
	}
	return float64(count) / took.Seconds(), (writesAfter - writes) / max(1, commitsAfter-commits), err
}

// pause lets time pass.
func pause(ctx context.Context, span time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(span):
		return nil
	}
}
