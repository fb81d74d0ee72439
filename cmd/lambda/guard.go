package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/maru-chat/maru/internal/chat"
)

// guarded turns a panic into the failure of its event. The library would log the
// value of the panic, which may hold a message's text, and end the process.
type guarded struct{ lambda.Handler }

// Invoke answers one event.
func (g guarded) Invoke(ctx context.Context, payload []byte) (answer []byte, err error) {
	defer func() {
		if caught := recover(); caught != nil {
			answer, err = nil, chat.Panicked(caught)
		}
	}()
	return g.Handler.Invoke(ctx, payload)
}
