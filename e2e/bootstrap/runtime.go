package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Runtime is a Lambda Runtime API on loopback, for one process at a time:
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type Runtime struct {
	listener net.Listener
	server   *http.Server
	events   chan *event
	polled   chan time.Time // the time of a process's first poll

	mu      sync.Mutex
	pending map[string]*event
}

// event is one invocation.
type event struct {
	payload  []byte
	deadline time.Time
	answered chan answer
}

// answer is the outcome of an event.
type answer struct {
	body     []byte
	isFailed bool
}

// NewRuntime listens on a free port until Close.
func NewRuntime(ctx context.Context) (*Runtime, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &Runtime{
		listener: listener, events: make(chan *event), polled: make(chan time.Time, 1), pending: map[string]*event{},
	}
	routes := http.NewServeMux()
	const invocation = "/2018-06-01/runtime/invocation"
	routes.HandleFunc("GET "+invocation+"/next", r.next)
	routes.HandleFunc("POST "+invocation+"/{id}/response", r.finish(false))
	routes.HandleFunc("POST "+invocation+"/{id}/error", r.finish(true))
	r.server = &http.Server{Handler: routes, ReadHeaderTimeout: time.Second}
	go func() { _ = r.server.Serve(listener) }() // ends with Close
	return r, nil
}

// Close ends every call. The process must have been stopped before.
func (r *Runtime) Close() error { return r.server.Close() }

// next waits for an event and gives it to the process.
func (r *Runtime) next(w http.ResponseWriter, req *http.Request) {
	at := time.Now()
	select {
	case r.polled <- at:
	default: // not the first
	}
	select {
	case <-req.Context().Done():
	case e := <-r.events:
		r.mu.Lock()
		id := strconv.Itoa(len(r.pending) + 1)
		r.pending[id] = e
		r.mu.Unlock()
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(e.deadline.UnixMilli(), 10))
		_, _ = w.Write(e.payload) // a process that does not get it does not answer
	}
}

// finish receives the outcome of an event.
func (r *Runtime) finish(isFailed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		r.mu.Lock()
		e := r.pending[req.PathValue("id")]
		r.mu.Unlock()
		if err != nil || e == nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		select {
		case e.answered <- answer{body, isFailed}:
		default: // a second answer is ignored
		}
		w.WriteHeader(http.StatusAccepted)
	}
}

// invokeWait is the timeout of one event: the longest in deploy/serverless.yml.
const invokeWait = 30 * time.Second

// Invoke has the process answer an event. An error is the function's own, or says
// that there was no answer.
func (r *Runtime) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, invokeWait)
	defer cancel()
	e := &event{payload: payload, deadline: time.Now().Add(invokeWait), answered: make(chan answer, 1)}
	select {
	case r.events <- e:
	case <-ctx.Done():
		return nil, errors.New("no process asks for events")
	}
	select {
	case a := <-e.answered:
		if a.isFailed {
			return nil, fmt.Errorf("the function failed: %s", a.body)
		}
		return a.body, nil
	case <-ctx.Done():
		return nil, errors.New("the process did not answer")
	}
}
