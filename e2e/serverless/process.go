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

// process is a program with all that it starts.
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
		// Linux sends the parent-death signal when the thread that forked ends,
		// so this thread is kept until the child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		_ = cmd.Wait() // its state is read by those who wait for exited
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// stop asks the program to end in order and waits for it. It is an error when
// that takes longer than the limit, when the program ends otherwise than with
// exit code 0, or when a process of its group is left; nothing is left then.
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

// kill ends the whole group as a crash does and waits for the program.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // an error says that it is gone
	<-p.exited
}

// groupLives reports whether any process of the group is left.
func (p *process) groupLives() bool {
	return !errors.Is(syscall.Kill(-p.cmd.Process.Pid, 0), syscall.ESRCH)
}

// output is what processes wrote so far: a file without a name, which they
// write to directly.
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
