package dynamostore

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/maru-chat/maru/internal/chat"
)

// Config says what a Store works with.
type Config struct {
	Client *dynamodb.Client
	// Table is the name of the table; CreateTable says how it is made.
	Table string
	// Sleep waits for d or until ctx ends and then returns its error; nil for
	// the real clock.
	Sleep func(ctx context.Context, d time.Duration) error
	// Now is the clock; nil for the real one.
	Now func() time.Time
	// Random returns a number in [0, 1) and is safe for concurrent use; nil for
	// math/rand/v2.
	Random func() float64
}

// Store is a chat.Log on one DynamoDB table, and what reads the state that the
// log made. It is safe for concurrent use, by many processes on one table.
type Store struct {
	table table
	*patience
	now   func() time.Time
	marks *marker
}

var _ chat.Log = (*Store)(nil)

// New returns a Store. Close must be called in the end.
func New(c Config) *Store {
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	p := &patience{sleep: c.Sleep, random: c.Random}
	s := newStore(&dynamo{client: c.Client, name: c.Table, patience: p}, p)
	s.now = c.Now
	return s
}

func newStore(t table, p *patience) *Store {
	return &Store{table: t, patience: p, now: time.Now, marks: newMarker(t, p.sleep)}
}

// Close writes the marks that still wait and returns when they are written or
// ctx ends. Nothing is to be appended after it.
func (s *Store) Close(ctx context.Context) error { return s.marks.close(ctx) }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
