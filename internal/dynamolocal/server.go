// Package dynamolocal runs Amazon's DynamoDB Local for tests: one Java process
// per Server, in memory, on a loopback port, which ends with the process that
// started it. Test processes may share a server that another process started, each
// with tables of its own: Java takes seconds to start, and longer to become fast.
//
// It is test support only. It knows nothing about Maru's tables and injects no
// faults: package faultproxy does that.
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
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"
)

// startAttempts bounds how often Start tries again on another port. A port is
// chosen before Java binds it, and a program that knows nothing of us may take it.
const startAttempts = 3

// Variable is the environment variable with the endpoint of a server to share.
const Variable = "MARU_DYNAMODB_LOCAL"

// Server is one running DynamoDB Local. It is safe for concurrent use.
type Server struct {
	endpoint string
	process  *process // nil for a server that another process started
}

// process is the Java of a server.
type process struct {
	port   *port
	cmd    *exec.Cmd
	output *tail
	exited chan struct{} // closed once the process has been reaped
}

// Open returns the server that Variable names, or starts one if it is not set.
// Callers must give their tables names that nobody else uses.
func Open(ctx context.Context) (*Server, error) {
	if endpoint := os.Getenv(Variable); endpoint != "" {
		return &Server{endpoint: endpoint}, nil
	}
	return Start(ctx)
}

// Start runs DynamoDB Local and returns when it answers, 2 to 5 s later. ctx
// bounds the start, not the server's life. The error is ErrMissing when Java or the
// npm package is not installed; its text says in one line what to do.
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

// Close kills the server, discarding its data, and returns when the process has
// ended. It does nothing when called again, or for a server that another process
// started.
func (s *Server) Close() {
	if s.process == nil {
		return
	}
	_ = s.process.cmd.Process.Kill() // fails only when the process has exited already
	<-s.process.exited
	_ = s.process.port.claim.Close() // nothing is sent through it
}

// launch starts Java without waiting until it answers.
func launch(in installation) (*Server, error) {
	port, err := choosePort()
	if err != nil {
		return nil, err
	}
	p := &process{
		port: port,
		cmd: exec.Command(in.java,
			"-XX:+UseSerialGC", // few cores, a small heap
			// No optimizing compiler: in the time of a test it costs more than it saves.
			// Without it the log's suite needs a quarter less CPU.
			"-XX:TieredStopAtLevel=1",
			"-Djava.library.path="+in.libraries,
			"-jar", in.jar,
			"-inMemory", "-sharedDb", "-disableTelemetry", "-port", strconv.Itoa(port.number)),
		output: &tail{},
		exited: make(chan struct{}),
	}
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	dieWithParent(p.cmd)
	if err := p.start(); err != nil {
		_ = port.claim.Close()
		return nil, fmt.Errorf("dynamolocal: starting %s: %w", in.java, err)
	}
	return &Server{endpoint: "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port.number)), process: p}, nil
}

func (p *process) start() error {
	started := make(chan error)
	go func() {
		// Linux sends the parent-death signal when the thread that forked ends,
		// so this thread is kept until the child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		_ = p.cmd.Wait() // how it ended matters only while starting: awaitReady says so
		close(p.exited)
	}()
	return <-started
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
		case <-s.process.exited:
			return fmt.Errorf("dynamolocal: %w: %s", errExited, s.process.output)
		case <-ctx.Done():
			return fmt.Errorf("dynamolocal: waiting for %s: %w: %s", s.endpoint, ctx.Err(), s.process.output)
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
