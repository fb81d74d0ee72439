package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/maru-chat/maru/e2e/program"
	"github.com/maru-chat/maru/e2e/serverless"
	"github.com/maru-chat/maru/internal/dynamolocal"
)

// TestLaptop starts the home as `make serverless` does and stops it as Ctrl-C
// does: it prints where it is, exits with code 0, and leaves no process.
func TestLaptop(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	laptop, err := program.Build(folder, "e2e/laptop")
	if err != nil {
		t.Fatal(err)
	}
	functions, err := serverless.Build(folder)
	if err != nil {
		t.Fatal(err)
	}
	needDynamoDB(t)
	cmd := exec.Command(laptop, "-program", functions, "-page", "0", "-api", "0", "-socket", "0")
	cmd.Env = append(os.Environ(), dynamolocal.Variable+"=") // with a database of its own, as in make serverless
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	lines := bufio.NewScanner(out)
	said := ""
	for !strings.Contains(said, "Maru is at http://127.0.0.1:") && lines.Scan() {
		said += lines.Text() + "\n"
	}
	if !strings.Contains(said, "#operator=") || !strings.Contains(said, "Maru is at ") {
		t.Fatalf("it says %q", said)
	}

	began := time.Now()
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil { // a terminal signals the whole group
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ends: %v", err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %s to end", took)
	}
	if err := syscall.Kill(-cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("processes are left: %v", err)
	}
}

// needDynamoDB skips the test, or fails it in CI, if DynamoDB Local cannot run.
func needDynamoDB(t *testing.T) {
	t.Helper()
	server, err := dynamolocal.Open(t.Context())
	if err != nil {
		dynamolocal.SkipOrFail(t, err)
	}
	server.Close()
}
