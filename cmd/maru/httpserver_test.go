package main

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections live in memory, so that a test's fake
// clock passes while they wait.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepted:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// dial returns the client's end of a new connection.
func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.accepted <- server
	return client
}

// TestHTTPServer_Shutdown measures in the fake time of a bubble.
func TestHTTPServer_Shutdown(t *testing.T) {
	t.Parallel()
	const request = "GET / HTTP/1.1\r\nHost: maru\r\n\r\n"
	cases := map[string]struct {
		sent       string
		isAnswered bool
	}{
		"closes a connection on which nothing came": {"", false},
		"closes one with half a header":             {request[:7], false},
		"answers a request":                         {request, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				listener := &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}
				finish := make(chan struct{})
				handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-finish })
				server := newHTTPServer(handler, slog.New(slog.DiscardHandler))
				served := make(chan error, 1)
				go func() { served <- server.Serve(listener) }()
				conn := listener.dial()
				go func() { _, _ = io.WriteString(conn, c.sent) }()
				synctest.Wait()
				began := time.Now()
				ended := make(chan error, 1)
				go func() { ended <- server.Shutdown(t.Context()) }()
				synctest.Wait()
				if c.isAnswered && len(ended) > 0 {
					t.Error("the shutdown did not wait for the request")
				}
				close(finish)
				answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if isAnswered := err == nil && answer.StatusCode == http.StatusOK; isAnswered != c.isAnswered {
					t.Errorf("answered %v, %v; want an answer: %v", answer, err, c.isAnswered)
				}
				if err := <-ended; err != nil {
					t.Error(err)
				}
				if took := time.Since(began); took >= time.Second {
					t.Errorf("the shutdown took %v", took)
				}
				<-served
			})
		})
	}
}

// TestSilentConns_late shows that a connection which is accepted while the server
// shuts down does not hold it up either.
func TestSilentConns_late(t *testing.T) {
	t.Parallel()
	silent := &silentConns{open: map[net.Conn]struct{}{}}
	silent.close()
	client, late := net.Pipe()
	silent.changed(late, http.StateNew)
	if _, err := client.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the connection is open: %v", err)
	}
}
