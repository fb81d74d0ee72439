package wsserver

import (
	"context"
	"sync"
	"time"
)

const (
	// handleWait bounds the handling of one message, within sharing.
	handleWait = 10 * time.Second
	// sharing is for how long messages get the same context.
	sharing = time.Second
)

// deadlines hands out contexts that end when a message should have been handled.
// Messages that come about the same time share one, because a timer for each costs
// processor time.
type deadlines struct {
	parent context.Context

	mu      sync.Mutex
	current context.Context
	// until is when the next context is due.
	until time.Time
}

// context returns a context that ends in handleWait, or up to sharing later.
func (d *deadlines) context() context.Context {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !now.Before(d.until) {
		ctx, cancel := context.WithTimeout(d.parent, handleWait+sharing)
		context.AfterFunc(ctx, cancel) // nobody else ends it
		d.current, d.until = ctx, now.Add(sharing)
	}
	return d.current
}
