package dynamostore

import (
	"context"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// patience repeats calls that DynamoDB refused for now, answered with a 5xx or did
// not answer: with backoff and jitter, within the time that the caller's context
// leaves.
type patience struct {
	sleep  func(ctx context.Context, d time.Duration) error
	random func() float64
}

const (
	// firstWait doubles with each attempt, up to maxWait. Each wait is a random part
	// of it.
	firstWait = 20 * time.Millisecond
	maxWait   = time.Second
	// answerTime is kept back from the caller's time, at most a quarter of what is
	// left: a Lambda function that runs out of time cannot answer at all.
	answerTime = 250 * time.Millisecond
	// maxUntimed bounds the attempts where the context sets no end.
	maxUntimed = 12
)

// within bounds a call and its repetitions so that its caller can still answer.
func within(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, isTimed := ctx.Deadline()
	if !isTimed {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, deadline.Add(-min(answerTime, time.Until(deadline)/4)))
}

// wait lets some time pass after the attempt, counted from 1. When there is no
// time for another it returns CodeUnavailable around cause, with RetryAfter.
func (p *patience) wait(ctx context.Context, attempt int, cause error) error {
	d := time.Duration(p.random() * float64(min(firstWait<<min(attempt, 10), maxWait)))
	deadline, isTimed := ctx.Deadline()
	hasTime := isTimed && time.Until(deadline) > d || !isTimed && attempt < maxUntimed
	if !hasTime || p.sleep(ctx, d) != nil {
		return p.exhausted(cause)
	}
	return nil
}

// exhausted is the error when no attempt succeeded.
func (p *patience) exhausted(cause error) error {
	return &chat.Error{
		Code: chat.CodeUnavailable, Msg: "too busy: try again in a moment",
		Err: cause, RetryAfter: p.retryAfter(),
	}
}

// retryAfter is 1 to 3 s at random, so that callers that were refused at the same
// time do not all come back at the same time.
func (p *patience) retryAfter() time.Duration {
	return time.Second + time.Duration(p.random()*float64(2*time.Second)).Truncate(time.Millisecond)
}

// persist repeats a call as long as retry says so of its error.
func (p *patience) persist(ctx context.Context, retry func(error) bool, call func(context.Context) error) error {
	ctx, done := within(ctx)
	defer done()
	for attempt := 1; ; attempt++ {
		err := call(ctx)
		if err == nil || !retry(err) {
			return err
		}
		if err := p.wait(ctx, attempt, err); err != nil {
			return err
		}
	}
}
