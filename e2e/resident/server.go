package resident

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"time"
)

// Options say how to run the program.
type Options struct {
	// Program is the path of the binary.
	Program string
	// Data is the folder of all data; it outlives the process.
	Data string
	// Args are further flags.
	Args []string
	// Env are further settings, such as "MARU_RATES=off".
	Env []string
}

// Server is the program on one address and one folder of data, through any number
// of starts. Its methods are not safe for concurrent use, except for URL.
type Server struct {
	options Options
	addr    string
	process *exec.Cmd
	exited  chan struct{} // closed when the process has ended
	// output is a file without a name, to which the process writes directly: what
	// it wrote before it was ready can be read as soon as it is.
	output *os.File
}

// startTimeout bounds the time from the start of the process until it is ready.
const startTimeout = 20 * time.Second

// New chooses a free loopback port and starts the program there.
func New(ctx context.Context, options Options) (*Server, error) {
	addr, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	output, err := os.CreateTemp("", "maru-output-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(output.Name()); err != nil {
		return nil, err
	}
	s := &Server{options: options, addr: addr, output: output}
	return s, s.Start(ctx)
}

// URL returns the address of the program, which a restart does not change.
func (s *Server) URL() string { return "http://" + s.addr }

// ClassicSocket returns the prefix of the addresses of classic sockets.
func (s *Server) ClassicSocket() string { return "ws://" + s.addr }

// PID returns the id of the process that was started last.
func (s *Server) PID() int { return s.process.Process.Pid }

// Output returns what the program has written to both of its streams so far.
func (s *Server) Output() string {
	text, err := io.ReadAll(io.NewSectionReader(s.output, 0, math.MaxInt64))
	if err != nil {
		return "the output cannot be read: " + err.Error()
	}
	return string(text)
}

var operatorLink = regexp.MustCompile(`#operator=([A-Za-z0-9_-]+)`)

// Operator returns the secret of the first operator's link that the program has
// printed, "" if it has printed none.
func (s *Server) Operator() string {
	found := operatorLink.FindStringSubmatch(s.Output())
	if found == nil {
		return ""
	}
	return found[1]
}

// Start runs the program and returns when it is ready.
func (s *Server) Start(ctx context.Context) error {
	args := append([]string{"--addr", s.addr, "--data", s.options.Data}, s.options.Args...)
	process := exec.Command(s.options.Program, args...)
	process.Env = append(os.Environ(), s.options.Env...)
	process.Stdout, process.Stderr = s.output, s.output
	process.SysProcAttr = dieWithParent()
	if err := process.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.options.Program, err)
	}
	exited := make(chan struct{})
	s.process, s.exited = process, exited
	go func() {
		_ = process.Wait() // how it ended is in ProcessState once exited is closed
		close(exited)
	}()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.awaitReady(ctx); err != nil {
		s.Kill()
		return fmt.Errorf("start maru: %w\n%s", err, s.Output())
	}
	return nil
}

func (s *Server) awaitReady(ctx context.Context) error {
	const pause = 5 * time.Millisecond
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"/readyz", nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-s.exited:
			return fmt.Errorf("it ended: %s", s.process.ProcessState)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// Kill ends the process as a crash would and returns when it has ended. It does
// nothing if it had ended already.
func (s *Server) Kill() {
	_ = s.process.Process.Kill() // an error says that it has ended
	<-s.exited
}

// Stop sends SIGTERM to the process and returns its exit code and how long it
// took to end. A process that takes longer than the limit is killed, which is an
// error.
func (s *Server) Stop(limit time.Duration) (code int, took time.Duration, err error) {
	began := time.Now()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, 0, fmt.Errorf("signal: %w", err)
	}
	select {
	case <-s.exited:
		return s.process.ProcessState.ExitCode(), time.Since(began), nil
	case <-time.After(limit):
		s.Kill()
		return 0, 0, errors.New("it did not end in " + limit.String() + "\n" + s.Output())
	}
}

// Restart stops the process with SIGTERM and starts it again on the same data.
func (s *Server) Restart(ctx context.Context) error {
	const limit = 15 * time.Second
	code, _, err := s.Stop(limit)
	switch {
	case err != nil:
		return err
	case code != 0:
		return fmt.Errorf("maru stopped with exit code %d\n%s", code, s.Output())
	}
	return s.Start(ctx)
}
