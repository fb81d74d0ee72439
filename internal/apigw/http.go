package apigw

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// HTTP passes the events of an HTTP API (payload format 2.0) to an [http.Handler],
// and returns its answers. It is a lambda.Handler and safe for concurrent use.
type HTTP struct {
	handler http.Handler
	log     *slog.Logger
}

// NewHTTP returns an HTTP for the handler.
func NewHTTP(handler http.Handler, log *slog.Logger) *HTTP { return &HTTP{handler: handler, log: log} }

// MaxAnswer is how many bytes the encoded answer of a function may have: Lambda
// refuses a synchronous response of more than 6 MB.
const MaxAnswer = 6 << 20

// Invoke answers one event. The error says that the event is not one of an HTTP
// API; a handler that fails or panics is answered with status 500.
func (h *HTTP) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, cancel := beforeDeadline(ctx)
	defer cancel()
	r, err := readHTTPEvent(ctx, payload)
	if err != nil {
		return nil, err
	}
	w := newResponse(r.Method)
	if err := h.serve(w, r); err != nil {
		return h.fail(ctx, err)
	}
	answer, err := w.encode()
	if err != nil {
		return h.fail(ctx, err)
	}
	return answer, nil
}

// serve turns a panic into an error.
func (h *HTTP) serve(w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if caught := recover(); caught != nil {
			err = chat.Panicked(caught)
		}
	}()
	h.handler.ServeHTTP(w, r)
	return nil
}

// fail answers for a handler that could not.
func (h *HTTP) fail(ctx context.Context, err error) ([]byte, error) {
	h.log.ErrorContext(ctx, "http failed", "err", err)
	p := wire.ProblemOf(chat.Wrap(err, chat.CodeInternal, "answer an event"))
	p.Title = http.StatusText(p.Status)
	w := newResponse(http.MethodGet)
	w.Header().Set("Content-Type", wire.ProblemType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		return nil, err
	}
	return w.encode()
}

// answerMargin is the part of an invocation's time that is left for the answer and
// for what follows the work, such as the writing of marks.
const answerMargin = 500 * time.Millisecond

// beforeDeadline ends the work of an event before Lambda ends the process.
func beforeDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, isBound := ctx.Deadline()
	if !isBound {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-answerMargin))
}
