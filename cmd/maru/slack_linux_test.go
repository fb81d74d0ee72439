package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every thread has the slack, the monitor thread too, and the process is still the
// one that was started.
func TestRelaxTimers(t *testing.T) {
	t.Parallel()
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
		slack, err := os.ReadFile(filepath.Join("/proc", thread.Name(), "timerslack_ns"))
		if got := strings.TrimSpace(string(slack)); err != nil || got != fmt.Sprint(timerSlack.Nanoseconds()) {
			t.Errorf("thread %s has a slack of %s ns: %v", thread.Name(), got, err)
		}
	}
}
