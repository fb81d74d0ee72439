package bootstrap

import (
	"bytes"
	"fmt"
	"os/exec"
	"sync"
	"time"
)

// Process is a running function.
type Process struct {
	// Took is the time from the start until the first poll for an event.
	Took time.Duration

	command *exec.Cmd
	ended   chan struct{}
	output  lines
}

// lines is the output of a process, which can be read while it runs.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// Environment returns the environment of a function that reaches nothing: nobody
// listens at the addresses of its table and its sockets.
func Environment(handler string) []string {
	const nowhere = "http://127.0.0.1:1"
	return []string{
		"_HANDLER=" + handler,
		"MARU_TABLE=maru",
		"MARU_DYNAMODB_URL=" + nowhere,
		"MARU_CALLBACK_URL=" + nowhere,
		"MARU_SOCKET_URL=wss://socket.example.org/prod",
		"MARU_API_URL=https://api.example.org",
		"MARU_PUBLIC_URL=https://chat.example.org",
		"AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=key",
		"AWS_SECRET_ACCESS_KEY=hush-hush",
	}
}

// Start starts the program as Lambda does, with only the given environment, and
// returns when it polls for its first event.
func (r *Runtime) Start(program string, env ...string) (*Process, error) {
	select {
	case <-r.polled: // by an earlier process
	default:
	}
	p := &Process{command: exec.Command(program), ended: make(chan struct{})}
	p.command.Env = append(env, "AWS_LAMBDA_RUNTIME_API="+r.listener.Addr().String())
	p.command.Stdout, p.command.Stderr = &p.output, &p.output
	began := time.Now()
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.command.Wait() // the outcome is in ProcessState
		close(p.ended)
	}()
	select {
	case at := <-r.polled:
		p.Took = at.Sub(began)
		return p, nil
	case <-p.ended:
		return nil, fmt.Errorf("the function ended (%s):\n%s", p.command.ProcessState, p.Output())
	}
}

// Output returns what the process has written so far.
func (p *Process) Output() string {
	p.output.mu.Lock()
	defer p.output.mu.Unlock()
	return p.output.text.String()
}

// Stop kills the process, as Lambda does when it no longer needs one, and returns
// when it has ended.
func (p *Process) Stop() {
	_ = p.command.Process.Kill() // fails only if it has ended already
	<-p.ended
}
