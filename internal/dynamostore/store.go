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

// Store keeps rooms, users and what belongs to them in one DynamoDB table. It is
// safe for concurrent use, and many processes may use one table. Read marks wait in
// memory until Flush.
type Store struct {
	table table
	*patience
	now     func() time.Time
	marks   marks
	buckets buckets
}

var (
	_ chat.Log      = (*Store)(nil)
	_ chat.Rooms    = (*Store)(nil)
	_ chat.Members  = (*Store)(nil)
	_ chat.Marks    = (*Store)(nil)
	_ chat.Accounts = (*Store)(nil)
	_ chat.Limiter  = (*Store)(nil)
	_ chat.Search   = (*Store)(nil)
)

// New returns a Store.
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
	return &Store{table: t, patience: p, now: time.Now}
}

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
