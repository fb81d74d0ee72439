package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// maxBatch is how many messages one frame carries at most.
const maxBatch = 32

// messageSize is the size of one delivered message: that of a short post.
const messageSize = 200

// conn is what a library has to offer.
type conn interface {
	// serve reads until the connection ends.
	serve()
	// writeBatch writes one text message made of the given ones, joined by newlines.
	writeBatch([]*message) error
}

// message is one encoded message, shared by all its receivers.
type message struct {
	frame []byte // header and payload
	text  []byte // payload only; the tail of frame
}

func newMessage(size int) *message {
	frame := append([]byte{0x81, 126, byte(size >> 8), byte(size)}, bytes.Repeat([]byte{'m'}, size)...)
	return &message{frame: frame, text: frame[4:]}
}

// server pushes messages to all its connections, one bounded queue each.
type server struct {
	mu        sync.Mutex
	receivers []*receiver
	upgrade   func(http.ResponseWriter, *http.Request) (conn, error)
	drain     func([]*receiver) // starts the writing of queues that became non-empty
	delivered atomic.Int64
}

// receiver is a connection with its queue.
type receiver struct {
	conn conn
	srv  *server

	mu      sync.Mutex
	pending []*message
	busy    bool
}

// push queues m and reports whether nobody is writing the queue yet.
func (r *receiver) push(m *message) (isWoken bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending = append(r.pending, m)
	isWoken = !r.busy
	r.busy = true
	return isWoken
}

// drain writes until the queue is empty.
func (r *receiver) drain() {
	var batch [maxBatch]*message
	for {
		r.mu.Lock()
		n := copy(batch[:], r.pending)
		if n == 0 {
			r.busy = false
			r.mu.Unlock()
			return
		}
		r.pending = slices.Delete(r.pending, 0, n)
		if len(r.pending) == 0 && cap(r.pending) > 4 {
			r.pending = nil
		}
		r.mu.Unlock()
		if err := r.conn.writeBatch(batch[:n]); err != nil {
			continue
		}
		r.srv.delivered.Add(int64(n))
	}
}

func (s *server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	c, err := s.upgrade(w, req)
	if err != nil {
		return
	}
	r := &receiver{conn: c, srv: s}
	s.mu.Lock()
	s.receivers = append(s.receivers, r)
	s.mu.Unlock()
	go c.serve() // a new goroutine: the stack that net/http grew is given back
}

func (s *server) publish(m *message) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	woken := make([]*receiver, 0, len(s.receivers))
	for _, r := range s.receivers {
		if r.push(m) {
			woken = append(woken, r)
		}
	}
	s.drain(woken)
	return len(s.receivers)
}

// pace publishes so that about rate messages a second are delivered.
func (s *server) pace(span time.Duration, rate int) {
	s.mu.Lock()
	every := time.Second * time.Duration(len(s.receivers)) / time.Duration(rate)
	s.mu.Unlock()
	tick := time.NewTicker(every)
	defer tick.Stop()
	want := s.delivered.Load()
	for end := time.Now().Add(span); time.Now().Before(end); <-tick.C {
		want += int64(s.publish(newMessage(messageSize)))
	}
	s.settle(want)
}

// saturate keeps every queue filled with up to maxBatch messages.
func (s *server) saturate(span time.Duration) {
	want := s.delivered.Load()
	for end := time.Now().Add(span); time.Now().Before(end); {
		for range maxBatch {
			want += int64(s.publish(newMessage(messageSize)))
		}
		s.settle(want)
	}
}

func (s *server) settle(want int64) {
	for s.delivered.Load() < want {
		time.Sleep(200 * time.Microsecond)
	}
}

// usage is the state of the server process.
type usage struct {
	CPU       time.Duration
	RSS       int64
	Delivered int64
	Open      int
}

func (s *server) usage() (usage, error) {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		return usage{}, err
	}
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return usage{}, err
	}
	pages, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	if err != nil {
		return usage{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return usage{
		CPU:       time.Duration(ru.Utime.Nano() + ru.Stime.Nano()),
		RSS:       pages * int64(os.Getpagesize()),
		Delivered: s.delivered.Load(),
		Open:      len(s.receivers),
	}, nil
}

func runServer(name string) error {
	c, ok := candidates[name]
	if !ok {
		return fmt.Errorf("no candidate %q", name)
	}
	s := &server{upgrade: c.upgrade, drain: c.drain}
	sockets, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(control, s.control()) }()
	fmt.Println(sockets.Addr(), control.Addr())
	return http.Serve(sockets, s)
}

// control lets the client steer and measure the server.
func (s *server) control() http.Handler {
	mux := http.NewServeMux()
	timed := func(run func(time.Duration)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			span, err := time.ParseDuration(r.FormValue("span"))
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			run(span)
		}
	}
	mux.Handle("POST /pace", timed(func(d time.Duration) { s.pace(d, 30_000) }))
	mux.Handle("POST /saturate", timed(s.saturate))
	mux.HandleFunc("POST /collect", func(http.ResponseWriter, *http.Request) { debug.FreeOSMemory() })
	mux.HandleFunc("POST /forget", func(http.ResponseWriter, *http.Request) {
		s.mu.Lock()
		s.receivers = nil
		s.mu.Unlock()
	})
	mux.HandleFunc("GET /usage", func(w http.ResponseWriter, _ *http.Request) {
		u, err := s.usage()
		if err = errors.Join(err, json.NewEncoder(w).Encode(u)); err != nil {
			panic(http.ErrAbortHandler)
		}
	})
	return mux
}
