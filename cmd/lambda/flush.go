package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/maru-chat/maru/internal/chat"
)

// marks are read marks that wait in memory; *dynamostore.Store keeps them.
type marks interface {
	// Flush writes those that wait.
	Flush(ctx context.Context) error
}

// flushed writes the marks that wait before an answer leaves: the process is
// frozen after it.
type flushed struct {
	lambda.Handler
	marks marks
	log   *slog.Logger
}

// Invoke answers one event. A mark that could not be written does not fail it: the
// next mark is higher and replaces it.
func (f *flushed) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	answer, err := f.Handler.Invoke(ctx, payload)
	flush(ctx, f.marks, f.log)
	return answer, err
}

// flushing writes the marks that wait while events are pushed, so that writing the
// author's mark takes no extra time.
type flushing struct {
	chat.Audience
	marks marks
	log   *slog.Logger
}

// Publish delivers the event to the listeners.
func (f *flushing) Publish(ctx context.Context, to chat.Listeners, event chat.Event) {
	var wg sync.WaitGroup
	wg.Go(func() { flush(ctx, f.marks, f.log) })
	f.Audience.Publish(ctx, to, event)
	wg.Wait()
}

// flushWait bounds the writing of marks; so does half of the time that is left.
// Somebody waits for the answer, and a mark that is not written does no harm.
const flushWait = time.Second

func flush(ctx context.Context, marks marks, log *slog.Logger) {
	wait := flushWait
	if deadline, isBound := ctx.Deadline(); isBound {
		wait = min(wait, time.Until(deadline)/2)
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if err := marks.Flush(ctx); err != nil {
		log.WarnContext(ctx, "read marks were not written", "err", err)
	}
}
