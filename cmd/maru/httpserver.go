package main

import (
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// newHTTPServer makes a server that, when it shuts down, answers the requests that
// have begun and closes all other connections at once. By itself, net/http would
// wait five seconds for a connection on which no request has come yet, and not
// answer one that comes. Clients may open connections that they do not use yet, as
// Go's own does.
func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	silent := &silentConns{open: map[net.Conn]struct{}{}}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      60 * time.Second, // a page of 4 MB on a slow line
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ConnState:         silent.changed,
	}
	server.RegisterOnShutdown(silent.close)
	return server
}

// silentConns are the connections on which no whole request has come yet.
type silentConns struct {
	mu       sync.Mutex
	open     map[net.Conn]struct{}
	isClosed bool
}

// changed is called by net/http at each change of a connection's state.
func (s *silentConns) changed(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(s.open, conn)
	case s.isClosed: // accepted just before the listener closed
		_ = conn.Close()
	default:
		s.open[conn] = struct{}{}
	}
}

// close closes them, and those that are still to come.
func (s *silentConns) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isClosed = true
	for conn := range s.open {
		_ = conn.Close()
	}
}
