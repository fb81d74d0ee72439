package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/maru-chat/maru/internal/chat"
)

// steps remembers what happened, in order.
type steps struct {
	mu   sync.Mutex
	done []string
}

func (s *steps) note(step string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = append(s.done, step)
}

func (s *steps) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.done, ", ")
}

type fakeMarks struct {
	steps *steps
	err   error
}

func (m fakeMarks) Flush(context.Context) error {
	m.steps.note("flush")
	return m.err
}

func TestFlushed_Invoke(t *testing.T) {
	t.Parallel()
	errHandler := errors.New("no event")
	for name, tc := range map[string]struct{ handler, flush error }{
		"writes marks after the work and before the answer": {},
		"writes marks also when the handler fails":          {handler: errHandler},
		"answers also when marks cannot be written":         {flush: errors.New("no table")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var done steps
			var log bytes.Buffer
			f := &flushed{
				Handler: lambda.NewHandler(func() (string, error) {
					done.note("work")
					return "answer", tc.handler
				}),
				marks: fakeMarks{&done, tc.flush}, log: slog.New(slog.NewJSONHandler(&log, nil)),
			}
			answer, err := f.Invoke(t.Context(), []byte("{}"))
			if done.String() != "work, flush" {
				t.Errorf("did %s; want work, flush", &done)
			}
			if !errors.Is(err, tc.handler) || err == nil && string(bytes.TrimSpace(answer)) != `"answer"` {
				t.Errorf("Invoke = %s, %v", answer, err)
			}
			if isLogged := log.Len() > 0; isLogged != (tc.flush != nil) {
				t.Errorf("logged %q", log.String())
			}
		})
	}
}

// fakeAudience waits until the marks are flushed: it ends only if both are done
// at once.
type fakeAudience struct {
	chat.Audience
	steps   *steps
	flushed chan struct{}
}

func (a fakeAudience) Publish(context.Context, chat.Listeners, chat.Event) {
	<-a.flushed
	a.steps.note("push")
}

type signalling struct{ flushed chan struct{} }

func (s signalling) Flush(context.Context) error {
	close(s.flushed)
	return nil
}

func TestFlushing_Publish_writes_marks_beside_the_pushes(t *testing.T) {
	t.Parallel()
	var done steps
	flushed := make(chan struct{})
	f := &flushing{Audience: fakeAudience{steps: &done, flushed: flushed}, marks: signalling{flushed}, log: quiet}
	f.Publish(t.Context(), chat.Listeners{}, nil)
	if done.String() != "push" {
		t.Errorf("Publish returned after %q", &done)
	}
}

// stuckMarks are marks in a table that does not answer.
type stuckMarks struct{}

func (stuckMarks) Flush(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// The times of this test are those of a bubble.
func TestFlush_inTime(t *testing.T) {
	t.Parallel()
	pushed := make(chan struct{})
	close(pushed)
	publishing := func(ctx context.Context) {
		audience := fakeAudience{steps: new(steps), flushed: pushed}
		f := &flushing{Audience: audience, marks: stuckMarks{}, log: quiet}
		f.Publish(ctx, chat.Listeners{}, nil)
	}
	answering := func(ctx context.Context) {
		f := &flushed{Handler: lambda.NewHandler(func() {}), marks: stuckMarks{}, log: quiet}
		_, _ = f.Invoke(ctx, []byte("{}")) // TestFlushed_Invoke looks at the answer
	}
	for name, tc := range map[string]struct {
		do         func(context.Context)
		left, want time.Duration
	}{
		"a sender waits a second at most":                   {publishing, 10 * time.Second, time.Second},
		"an answer waits a second at most":                  {answering, 10 * time.Second, time.Second},
		"an answer leaves before the process is ended":      {answering, 500 * time.Millisecond, 250 * time.Millisecond},
		"nobody waits longer because nobody set a deadline": {publishing, 0, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if tc.left > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tc.left)
					defer cancel()
				}
				began := time.Now()
				tc.do(ctx)
				if took := time.Since(began); took != tc.want {
					t.Errorf("it took %v, want %v", took, tc.want)
				}
			})
		})
	}
}
