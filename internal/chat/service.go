package chat

import (
	"cmp"
	"context"
	"sync"
	"time"
)

// Ports are all that the service depends on. Each must be set.
type Ports struct {
	Log           Log
	Rooms         Rooms
	Members       Members
	Marks         Marks
	Accounts      Accounts
	Search        Search
	Subscriptions Subscriptions
	Audience      Audience
	Limiter       Limiter
}

// Service holds every rule of Maru: it decides, and the ports carry out. Its
// methods are safe for concurrent use, and one Service serves all users. Every
// error is an [Error]. No method returns CodeConflict for a lost race, only for an
// id or a ticket that is taken for good.
type Service struct {
	ports Ports
	// Now is the clock; NewID makes unguessable ids of at most MaxEntryID bytes
	// (entries and users that the server names, secrets of tickets).
	Now   func() time.Time
	NewID func() string
	Rates Rates
	// MaxMembers is how many members a room may have.
	MaxMembers int
	// Together runs reads that are independent of each other: AtOnce or InTurn.
	Together func(fns ...func() error) error
}

// Rates bound what one user may do, or one address where nobody is signed in.
// Classic users are counted by address, because anybody may claim to be them. A
// zero Rate has no bound.
type Rates struct {
	Writes  Rate // entries a user writes, all kinds together
	Rooms   Rate // rooms a user creates
	SignIns Rate // sign-ins, codes tried and classic users made from one address
	Typing  Rate // typing signs of a user
	Reads   Rate // pages, lists and searches of a user
}

// DefaultRates are what a public Maru begins with.
func DefaultRates() Rates {
	return Rates{
		Writes:  Rate{Burst: 10, Every: 500 * time.Millisecond},
		Rooms:   Rate{Burst: 20, Every: 3 * time.Minute},
		SignIns: Rate{Burst: 20, Every: 30 * time.Second},
		Typing:  Rate{Burst: 3, Every: 2 * time.Second},
		Reads:   Rate{Burst: 300, Every: 100 * time.Millisecond},
	}
}

// DefaultMaxMembers is how many members a room may have unless configured.
const DefaultMaxMembers = 5000

// NewService returns a service with default rates and limits.
func NewService(ports Ports, now func() time.Time, newID func() string) *Service {
	return &Service{ports: ports, Now: now, NewID: newID, Rates: DefaultRates(), MaxMembers: DefaultMaxMembers, Together: AtOnce}
}

// take takes one token of the bucket that who, a user or an address, has for what.
func (s *Service) take(ctx context.Context, what, who string, rate Rate) error {
	if rate == (Rate{}) {
		return nil
	}
	wait, err := s.ports.Limiter.Take(ctx, what+":"+who, rate)
	if err != nil {
		return Wrap(err, CodeUnavailable, "limit "+what)
	}
	if wait > 0 {
		return &Error{Code: CodeRateLimited, Msg: "too fast: wait a moment", RetryAfter: wait}
	}
	return nil
}

// AtOnce runs the functions concurrently, waits for all, and returns the first
// error in the order of the arguments. It is for ports that are a round trip away.
// A panic becomes an error: in a goroutine of its own it would end the process,
// which serves others too.
func AtOnce(fns ...func() error) error {
	if len(fns) == 0 {
		return nil
	}
	errs := make([]error, len(fns))
	var wg sync.WaitGroup
	for i, fn := range fns[1:] {
		wg.Go(func() { errs[i+1] = guard(fn) })
	}
	errs[0] = guard(fns[0])
	wg.Wait()
	return cmp.Or(errs...)
}

// InTurn is AtOnce without concurrency. It is for ports that answer from this
// machine's memory, where a goroutine costs more than the read.
func InTurn(fns ...func() error) (first error) {
	for _, fn := range fns {
		first = cmp.Or(first, guard(fn))
	}
	return first
}

func guard(fn func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = Panicked(cause)
		}
	}()
	return fn()
}
