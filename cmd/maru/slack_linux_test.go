package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// All threads have the slack, the monitor thread too, and the process is still the
// one that was started.
func TestRelaxTimers(t *testing.T) {
	for name, c := range map[string]struct {
		keep string
		want int64 // nanoseconds
	}{
		"sets the slack of every thread": {"", timerSlack.Nanoseconds()},
		"leaves it as it is if told so":  {"1", slackOf(t, "self")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(keepTimers, c.keep)
			cmd, _ := process(t, "--data", t.TempDir())
			defer func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			}()
			threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", cmd.Process.Pid))
			if err != nil || len(threads) < 2 {
				t.Fatalf("the process has %d threads: %v", len(threads), err)
			}
			for _, thread := range threads {
				if got := slackOf(t, thread.Name()); got != c.want {
					t.Errorf("thread %s has a slack of %d ns, want %d", thread.Name(), got, c.want)
				}
			}
		})
	}
}

func slackOf(t *testing.T, thread string) (ns int64) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", thread, "timerslack_ns"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(strings.TrimSpace(string(text)), &ns); err != nil {
		t.Fatal(err)
	}
	return ns
}
