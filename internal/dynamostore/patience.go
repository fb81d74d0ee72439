package dynamostore

import (
	"context"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// patience says how long and how often a call is tried again that DynamoDB
// refused for now, answered with a 5xx or did not answer: with jitter, within
// the time that the caller's context leaves.
type patience struct {
	sleep  func(ctx context.Context, d time.Duration) error
	random func() float64
}

const (
	// firstWait doubles with each attempt, up to maxWait; a random part of it is
	// waited.
	firstWait = 20 * time.Millisecond
	maxWait   = time.Second
	// answerTime is kept back of the caller's time, a quarter of what is left at
	// most: a Lambda that ran out of time could not even say so.
	answerTime = 250 * time.Millisecond
	// maxUntimed bounds the attempts where the context sets no end.
	maxUntimed = 12
)

// wait lets some time pass after the attempt, counted from 1. When there is no
// time for another it returns CodeUnavailable around cause, with RetryAfter.
func (p *patience) wait(ctx context.Context, attempt int, cause error) error {
	d := time.Duration(p.random() * float64(min(firstWait<<min(attempt, 10), maxWait)))
	end, isTimed := endOf(ctx)
	hasTime := attempt < maxUntimed
	if isTimed {
		hasTime = time.Until(end) > d
	}
	if !hasTime || p.sleep(ctx, d) != nil {
		return p.exhausted(cause)
	}
	return nil
}

// exhausted is what the caller hears when no attempt came through.
func (p *patience) exhausted(cause error) error {
	return &chat.Error{
		Code: chat.CodeUnavailable, Msg: "too busy: try again in a moment",
		Err: cause, RetryAfter: p.retryAfter(),
	}
}

// retryAfter is 1 to 3 s, so that those whom one bad moment turned away do not
// come back in one.
func (p *patience) retryAfter() time.Duration {
	return time.Second + time.Duration(p.random()*float64(2*time.Second)).Truncate(time.Millisecond)
}

// endOf is when the last attempt has to be over.
func endOf(ctx context.Context) (end time.Time, isTimed bool) {
	deadline, isTimed := ctx.Deadline()
	if !isTimed {
		return time.Time{}, false
	}
	return deadline.Add(-min(answerTime, time.Until(deadline)/4)), true
}

// attempt bounds one attempt by the end of its caller's time.
func attempt(ctx context.Context) (context.Context, context.CancelFunc) {
	if end, isTimed := endOf(ctx); isTimed {
		return context.WithDeadline(ctx, end)
	}
	return ctx, func() {}
}

// persist repeats a call as long as retry says so of its error.
func (p *patience) persist(ctx context.Context, retry func(error) bool, call func(context.Context) error) error {
	for tries := 1; ; tries++ {
		bounded, done := attempt(ctx)
		err := call(bounded)
		done()
		if err == nil || !retry(err) {
			return err
		}
		if err := p.wait(ctx, tries, err); err != nil {
			return err
		}
	}
}
