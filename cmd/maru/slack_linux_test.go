package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// tellSlack is a variable that makes the test binary relax its timers as main does,
// and then print its slack and the keepTimers that it was executed with. Only a
// privileged process could read the slack of another one.
const tellSlack = "MARU_TEST_TELL_SLACK"

func init() {
	if os.Getenv(tellSlack) == "" {
		return
	}
	relaxTimers()
	fmt.Println(slack(), kept("self"))
	os.Exit(0)
}

func slack() (ns int) {
	ns, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil {
		panic(err)
	}
	return ns
}

// kept is the keepTimers that a process was executed with, "" for none.
func kept(pid string) string {
	environment, err := os.ReadFile(filepath.Join("/proc", pid, "environ"))
	if err != nil {
		panic(err)
	}
	for variable := range strings.SplitSeq(string(environment), "\x00") {
		if value, is := strings.CutPrefix(variable, keepTimers+"="); is {
			return value
		}
	}
	return ""
}

// A process that was executed with keepTimers set to 1 has executed itself, so all
// its threads are younger than the slack.
func TestRelaxTimers(t *testing.T) {
	for name, c := range map[string]struct{ keep, want string }{
		"sets the slack and executes the program": {"", fmt.Sprintln(timerSlack.Nanoseconds(), 1)},
		"leaves it as it is if told so":           {"no", fmt.Sprintln(slack(), "no")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(tellSlack, "1")
			t.Setenv(keepTimers, c.keep)
			said, err := exec.CommandContext(t.Context(), "/proc/self/exe").CombinedOutput()
			if err != nil || string(said) != c.want {
				t.Errorf("said %q, %v; want %q", said, err, c.want)
			}
		})
	}
	t.Run("is what the program does", func(t *testing.T) {
		t.Setenv(keepTimers, "")
		cmd, _ := process(t, "--data", t.TempDir())
		defer func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}()
		if got := kept(fmt.Sprint(cmd.Process.Pid)); got != "1" {
			t.Errorf("the process was executed with %q", got)
		}
	})
}
