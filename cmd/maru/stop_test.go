package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestServe_stops_amid_a_request shows what becomes of a request whose body is
// half sent when the program is told to stop: it is answered if the rest comes,
// and is cut off if it does not.
func TestServe_stops_amid_a_request(t *testing.T) {
	t.Parallel()
	for _, target := range []struct{ line, body string }{
		{"POST /rooms", `{"room":"r1","title":"Room","visibility":"private"}`},
		{"PUT /chat", `{"room_id":"a","text":"b","user_id":"c"}`},
	} {
		for name, isFinished := range map[string]bool{"is answered": true, "is cut off": false} {
			t.Run(target.line+" "+name, func(t *testing.T) {
				t.Parallel()
				data := t.TempDir()
				cmd, url := process(t, "--data", data)
				conn, answers := sendHalf(t, url, target.line, signIn(t, url), target.body)
				if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
				ended := make(chan error, 1)
				go func() { ended <- cmd.Wait() }()
				if isFinished {
					if _, err := conn.Write([]byte(target.body[len(target.body)/2:])); err != nil {
						t.Fatal(err)
					}
				}
				response, err := http.ReadResponse(answers, nil)
				if err == nil {
					_ = response.Body.Close()
				}
				if isOK := err == nil && response.StatusCode == http.StatusOK; isOK != isFinished {
					t.Errorf("answered %v, %v; want 200: %v", response, err, isFinished)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				select {
				case err := <-ended:
					if err != nil {
						t.Errorf("the process ended with %v, want exit code 0", err)
					}
				case <-ctx.Done():
					t.Fatal("the program goes on")
				}
				if o := run(t, "check", "--data", data); o.code != exitDone {
					t.Errorf("check afterwards: %+v", o)
				}
			})
		}
	}
}

// sendHalf sends a request with half its body and returns once the server waits
// for the rest: a server sends 100 Continue only when it reads the body.
func sendHalf(t *testing.T, url, line, token, body string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	// A server that keeps the request waiting fails the test before it gives up by itself.
	if err := conn.SetDeadline(time.Now().Add(12 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: maru\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n%s",
		line, token, len(body), body[:len(body)/2])
	if err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(conn)
	response, err := http.ReadResponse(answers, nil)
	if err != nil || response.StatusCode != http.StatusContinue {
		t.Fatalf("the server asks for no body: %v, %v", response, err)
	}
	return conn, answers
}
