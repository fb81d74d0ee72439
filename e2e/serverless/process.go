package serverless

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// process is a program together with every process that it starts.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when the program has ended
}

// launch starts the command in a group of its own.
func launch(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = ownGroup()
	p := &process{cmd: cmd, exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Linux sends the parent-death signal when the thread that forked ends, so
		// this thread must live until the child has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		_ = cmd.Wait() // the outcome is in ProcessState
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// stop sends SIGTERM and waits for the program to end. It returns an error if that
// takes longer than the limit, if the exit code is not 0, or if a process of the
// group is left; it kills the group then.
func (p *process) stop(limit time.Duration) error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal: %w", err)
	}
	select {
	case <-p.exited:
	case <-time.After(limit):
		p.kill()
		return fmt.Errorf("it did not end in %s", limit)
	}
	if p.groupLives() {
		p.kill()
		return errors.New("it ended and left processes behind")
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("it ended: %s", p.cmd.ProcessState)
	}
	return nil
}

// kill kills the whole group and waits for the program to end.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // fails only if it has ended already
	<-p.exited
}

// groupLives reports whether any process of the group is left.
func (p *process) groupLives() bool {
	return !errors.Is(syscall.Kill(-p.cmd.Process.Pid, 0), syscall.ESRCH)
}

// output is a file without a name that processes write to directly.
type output struct{ file *os.File }

func newOutput() (*output, error) {
	file, err := os.CreateTemp("", "maru-output-")
	if err != nil {
		return nil, err
	}
	return &output{file}, os.Remove(file.Name())
}

func (o *output) String() string {
	text, err := io.ReadAll(io.NewSectionReader(o.file, 0, math.MaxInt64))
	if err != nil {
		return "the output cannot be read: " + err.Error()
	}
	return string(text)
}
