package chattest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Clock is a clock that stands still until it is moved. It is safe for
// concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands at now.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now returns the time that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock by d, back when d is negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// IDs makes the ids id-000001, id-000002 and so on. The zero value is ready. It
// is safe for concurrent use.
type IDs struct{ last atomic.Int64 }

// New returns the next id.
func (i *IDs) New() string { return fmt.Sprintf("id-%06d", i.last.Add(1)) }
