package chat

import (
	"context"
	"time"
)

const (
	// appendWait bounds an append whose caller set no deadline.
	appendWait = 10 * time.Second
	// publishTime is what an append leaves of its caller's time for what follows
	// it, a quarter of what is left at most.
	publishTime = 1500 * time.Millisecond
)

// append commits the draft also when its caller goes away: an entry that became
// durable unheard would be published to nobody, and a removal would evict
// nobody. It ends so long before the caller's deadline that there is time to
// publish the entry and to tell its author.
func (s *Service) append(ctx context.Context, d *Draft, scanned *Scanned) (Appended, error) {
	end := time.Now().Add(appendWait)
	if deadline, hasDeadline := ctx.Deadline(); hasDeadline {
		end = deadline.Add(-min(publishTime, time.Until(deadline)/4))
	}
	ctx, done := context.WithDeadline(context.WithoutCancel(ctx), end)
	defer done()
	return s.ports.Log.Append(ctx, d, scanned)
}

// unheard returns a context for what has to follow, such as telling of an entry
// that is durable: it goes on when its caller goes away, and ends with the
// caller's deadline, so that one who still waits then gets an answer.
func unheard(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, hasDeadline := ctx.Deadline()
	ctx = context.WithoutCancel(ctx)
	if !hasDeadline {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline)
}
