package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

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
