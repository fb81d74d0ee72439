package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/internal/chat"
)

// fanout is a load of posts that many listen to.
type fanout struct {
	rooms     int
	listeners int // in each room
	senders   int // in each room; they do not listen
	// posts is how many posts a second all senders together send. With 0 each
	// sends its next post as soon as the last is acknowledged.
	posts int
	bar   float64 // CPU seconds of the server for a million deliveries
}

// hall is a room with its connections.
type hall struct {
	senders   []*seat
	listeners []*seat
	seats     []*seat // both
}

func (f fanout) measure(ctx context.Context, b *bench) ([]figure, error) {
	s, err := b.start(ctx, "")
	if err != nil {
		return nil, err
	}
	defer s.Kill()
	halls, err := f.fill(ctx, s.URL())
	if err != nil {
		return nil, err
	}
	loadCtx, stop := context.WithCancel(ctx)
	defer stop()
	var load sync.WaitGroup
	for _, h := range halls {
		for _, seat := range h.seats {
			go seat.read()
		}
		for _, seat := range h.senders {
			load.Go(func() { f.send(loadCtx, seat) })
		}
	}
	measured := time.Now().Add(warmUp)
	figures, err := f.watch(ctx, s, halls, b.span)
	stop()
	load.Wait()
	var seats []*seat
	for _, h := range halls {
		seats = append(seats, h.seats...)
	}
	if err := errors.Join(err, leave(seats)); err != nil {
		return nil, err
	}
	figures = append(figures, latencies(seats, measured)...)
	if f.posts == 0 {
		return figures, nil
	}
	s.Kill()
	compared, err := f.compare(ctx, figures[1].value, b.span)
	return append(figures, compared...), err
}

// compare measures what writing alone takes, right after the fan-out.
func (f fanout) compare(ctx context.Context, cpu float64, span time.Duration) ([]figure, error) {
	alone, err := bare{f.rooms, f.listeners, f.posts}.measure(ctx, span)
	return []figure{
		{name: "CPU of writing alone for a million", value: alone, unit: "s"},
		{name: "server CPU over that", value: cpu / alone, unit: "times"},
	}, err
}

// fill signs everybody in and opens their connections.
func (f fanout) fill(ctx context.Context, home string) ([]hall, error) {
	each := f.listeners + f.senders
	people, err := crowd(ctx, home, f.rooms*each)
	if err != nil {
		return nil, err
	}
	halls := make([]hall, f.rooms)
	for i := range halls {
		room := chat.RoomID(fmt.Sprintf("room-%d", i))
		if err := halls[i].fill(ctx, room, people[i*each:(i+1)*each], f.senders); err != nil {
			return nil, err
		}
	}
	return halls, nil
}

func (h *hall) fill(ctx context.Context, room chat.RoomID, people []*client.Account, senders int) error {
	if err := settle(ctx, room, people); err != nil {
		return err
	}
	h.seats = make([]*seat, len(people))
	err := atOnce(len(people), func(i int) (err error) {
		h.seats[i], err = sit(ctx, people[i], room, i >= senders)
		return err
	})
	if err != nil {
		return err
	}
	h.senders, h.listeners = h.seats[:senders], h.seats[senders:]
	for _, seat := range h.listeners {
		seat.isSampled = rand.N(everyNth) == 0
	}
	return nil
}

// send posts at the sender's share of the rate, or without a pause. The latency of
// a post that is sent late counts from when it was due.
func (f fanout) send(ctx context.Context, from *seat) {
	if f.posts == 0 {
		for from.try(ctx, dueAt(time.Now())) {
		}
		return
	}
	every := time.Second * time.Duration(f.rooms*f.senders) / time.Duration(f.posts)
	due := time.Now().Add(rand.N(every))
	for pause(ctx, time.Until(due)) == nil && from.try(ctx, dueAt(due)) {
		due = due.Add(every)
	}
}

func (f fanout) watch(ctx context.Context, s *server, halls []hall, span time.Duration) ([]figure, error) {
	if err := pause(ctx, warmUp); err != nil {
		return nil, err
	}
	earlier, err := s.batches(ctx)
	if err != nil {
		return nil, err
	}
	delivered, began := deliveredTo(halls), time.Now()
	cpu, err := s.cpu()
	if err != nil {
		return nil, err
	}
	ownCPU, err := cpuOf(os.Getpid())
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, span); err != nil {
		return nil, err
	}
	ownAfter, errOwn := cpuOf(os.Getpid())
	cpuAfter, err := s.cpu()
	took, count := time.Since(began), deliveredTo(halls)-delivered
	later, errBatches := s.batches(ctx)
	err = errors.Join(err, errOwn, errBatches)
	if count == 0 {
		return nil, errNothing
	}
	return append([]figure{
		{name: "deliveries", value: float64(count) / took.Seconds(), unit: "/s"},
		{name: "server CPU for a million", value: (cpuAfter - cpu).Seconds() / float64(count) * 1e6, unit: "s", bar: f.bar},
		{name: "generator CPU for a million", value: (ownAfter - ownCPU).Seconds() / float64(count) * 1e6, unit: "s"},
	}, later.since(earlier).figures()...), err
}

func deliveredTo(halls []hall) (count int64) {
	for _, h := range halls {
		for _, seat := range h.listeners {
			count += seat.delivered.Load()
		}
	}
	return count
}

// latencies returns what the sampled seats measured of posts that were due after
// the warm-up.
func latencies(seats []*seat, measured time.Time) []figure {
	var took []time.Duration
	var behind int64
	for _, seat := range seats {
		for _, sample := range seat.samples {
			if sample.due.After(measured) {
				took = append(took, sample.took)
			}
		}
		behind += seat.behind.Load()
	}
	return []figure{
		{name: "latency p50", value: percentile(took, 0.50), unit: "ms"},
		{name: "latency p99", value: percentile(took, 0.99), unit: "ms"},
		{name: "times that readers fell behind", value: float64(behind)},
	}
}
