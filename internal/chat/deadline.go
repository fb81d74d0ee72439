package chat

import (
	"context"
	"time"
)

const (
	// appendWait bounds an append whose caller set no deadline.
	appendWait = 10 * time.Second
	// publishTime is how long before its caller's deadline an append ends, at
	// most a quarter of the time that is left.
	publishTime = 1500 * time.Millisecond
)

// append appends the draft even if ctx is cancelled: otherwise an entry could
// become durable and be published to nobody, or a removal evict nobody. It ends
// before the deadline of ctx, so that there is time to publish the entry and to
// answer its author.
func (s *Service) append(ctx context.Context, d *Draft, scanned *Scanned) (Appended, error) {
	end := time.Now().Add(appendWait)
	if deadline, hasDeadline := ctx.Deadline(); hasDeadline {
		end = deadline.Add(-min(publishTime, time.Until(deadline)/4))
	}
	ctx, done := context.WithDeadline(context.WithoutCancel(ctx), end)
	defer done()
	return s.ports.Log.Append(ctx, d, scanned)
}

// uncancelled returns a context for what must follow a commit, such as publishing
// the entry. It outlives the cancellation of ctx but has the same deadline, so
// that a caller who still waits gets an answer.
func uncancelled(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, hasDeadline := ctx.Deadline()
	ctx = context.WithoutCancel(ctx)
	if !hasDeadline {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline)
}
