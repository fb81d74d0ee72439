package httpapi

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/maru-chat/maru/internal/chat"
)

// maxDuration bounds the work of one request; stores retry within it.
const maxDuration = 10 * time.Second

// observed collects what the log line of one request needs.
type observed struct {
	pattern string
	failure *Problem
}

type observedKey struct{}

// noteFailure notes the failure for the log.
func noteFailure(ctx context.Context, p *Problem) {
	if o, isObserved := ctx.Value(observedKey{}).(*observed); isObserved {
		o.failure = p
	}
}

func notePattern(ctx context.Context, pattern string) {
	if o, isObserved := ctx.Value(observedKey{}).(*observed); isObserved {
		o.pattern = pattern
	}
}

// observe gives each request an id, a time limit and a log line, and turns a panic
// into an answer. It logs the route, never the URL, which may hold a query or an
// id.
func (h *Handler) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		o := &observed{}
		id := rand.Text()
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), observedKey{}, o), maxDuration)
		defer cancel()
		sent := &sentStatus{ResponseWriter: w}
		sent.Header().Set("X-Request-Id", id)
		defer func() {
			if caught := recover(); caught != nil {
				o.failure = h.rescue(sent, caught)
			}
			took := time.Since(started)
			h.logRequest(r, o, id, sent.status, took)
			if h.Answered != nil {
				h.Answered(o.pattern, sent.status, took)
			}
		}()
		next.ServeHTTP(sent, withAddress(r.WithContext(ctx)))
	})
}

// rescue answers for a handler that panicked, unless it had begun to answer.
func (h *Handler) rescue(w *sentStatus, caught any) *Problem {
	p := problemOf(chat.Panicked(caught))
	if w.status == 0 {
		p.write(w)
	}
	return p
}

func (h *Handler) logRequest(r *http.Request, o *observed, id string, status int, took time.Duration) {
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("request", id),
		slog.String("method", r.Method),
		slog.String("route", o.pattern),
		slog.Int("status", status),
		slog.Duration("took", took),
	}
	if p := o.failure; p != nil {
		attrs = append(attrs, slog.String("code", string(p.Code)))
		isGone := r.Context().Err() != nil // nobody waits for the answer any more
		if p.Status >= http.StatusInternalServerError && !isGone {
			level = slog.LevelError
			attrs = append(attrs, slog.Any("err", p.err))
		}
	}
	h.Log.LogAttrs(r.Context(), level, "http", attrs...)
}

// sentStatus remembers the status that was sent.
type sentStatus struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the first status.
func (w *sentStatus) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write remembers that the status was 200 when none was sent.
func (w *sentStatus) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap returns the wrapped writer, for [http.ResponseController].
func (w *sentStatus) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// checkAddress refuses paths and queries that are not UTF-8.
func checkAddress(u *url.URL) error {
	query, err := url.QueryUnescape(u.RawQuery)
	if err != nil || !utf8.ValidString(u.Path) || !utf8.ValidString(query) {
		return chat.Errorf(chat.CodeInvalid, "the address is not valid UTF-8")
	}
	return nil
}
