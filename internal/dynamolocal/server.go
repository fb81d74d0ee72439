// Package dynamolocal runs Amazon's DynamoDB Local for tests: one Java process
// per Server, in memory, on a free loopback port, gone when the test process is.
//
// It is test support only. It knows nothing about Maru's tables and is not a
// fault injector: package faultproxy stands in front of it for that.
//
// Invariants:
//   - A Server that Start returned answers requests already.
//   - No Java process outlives the process that started it, even when that one
//     is killed (Linux; elsewhere Close is what ends it).
package dynamolocal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"strconv"
	"time"
)

// startAttempts bounds how often Start tries again on another port. A port is
// chosen before Java binds it, and a package tested at the same time may take it.
const startAttempts = 3

// Server is one running DynamoDB Local. It is safe for concurrent use.
type Server struct {
	endpoint string
	cmd      *exec.Cmd
	output   *tail
	exited   chan struct{} // closed once the process has been reaped
}

// Start runs DynamoDB Local and returns when it answers, 2 to 5 s later. ctx
// bounds the start, not the server's life. The error is ErrMissing when this
// machine lacks Java or the npm package; it says then in one line what to do.
func Start(ctx context.Context) (*Server, error) {
	install, err := find(".")
	if err != nil {
		return nil, err
	}
	for range startAttempts {
		var s *Server
		if s, err = launch(install); err != nil {
			return nil, err
		}
		if err = s.awaitReady(ctx); err == nil {
			return s, nil
		}
		s.Close()
		if !errors.Is(err, errExited) {
			break
		}
	}
	return nil, err
}

// Endpoint is the server's base URL, to be given to the SDK as it is. Any
// region and any non-empty credentials are accepted.
func (s *Server) Endpoint() string { return s.endpoint }

// Close kills the server, with all that it held, and returns when the process
// is gone. Closing again does nothing.
func (s *Server) Close() {
	_ = s.cmd.Process.Kill() // fails only when the process has exited already
	<-s.exited
}

// launch starts Java without waiting until it answers.
func launch(in installation) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{
		endpoint: "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		cmd: exec.Command(in.java,
			// A short life on few cores: the second compiler would only take CPU from the tests.
			"-XX:TieredStopAtLevel=1",
			"-Djava.library.path="+in.libraries,
			"-jar", in.jar,
			"-inMemory", "-sharedDb", "-disableTelemetry", "-port", strconv.Itoa(port)),
		output: &tail{},
		exited: make(chan struct{}),
	}
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	dieWithParent(s.cmd)

	started := make(chan error)
	go func() {
		// Linux sends the parent-death signal when the thread that forked ends,
		// so this thread is kept until the child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := s.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		_ = s.cmd.Wait() // how it ended matters only while starting: awaitReady says so
		close(s.exited)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("dynamolocal: starting %s: %w", in.java, err)
	}
	return s, nil
}

// errExited marks a server that ended before it answered.
var errExited = errors.New("DynamoDB Local ended before it answered")

// awaitReady asks until the server answers, exits, or ctx ends. It asks because
// the process prints nothing once it listens.
func (s *Server) awaitReady(ctx context.Context) error {
	ask := time.NewTicker(50 * time.Millisecond)
	defer ask.Stop()
	for {
		if s.answers(ctx) {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("dynamolocal: %w: %s", errExited, s.output)
		case <-ctx.Done():
			return fmt.Errorf("dynamolocal: waiting for %s: %w: %s", s.endpoint, ctx.Err(), s.output)
		case <-ask.C:
		}
	}
}

// answers reports whether anything speaks HTTP at the endpoint. An unsigned
// request is refused with 400, which is answer enough.
func (s *Server) answers(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.endpoint, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return resp.Body.Close() == nil
}

// freePort asks the kernel for a loopback port that nobody holds at this moment.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("dynamolocal: choosing a port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}
