package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// asProgram is a variable that makes the test binary run as maru itself, for
// tests that need a process.
const asProgram = "MARU_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// outcome is how a run of the program ended.
type outcome struct {
	code           int
	stdout, stderr string
}

func run(t *testing.T, args ...string) outcome {
	t.Helper()
	// A server that starts where it should refuse to is stopped, and the test fails.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var stdout, stderr bytes.Buffer
	m := &Main{Stdout: &stdout, Stderr: &stderr}
	code := m.Run(ctx, args)
	return outcome{code, stdout.String(), stderr.String()}
}

// expectLine fails unless the program ended with the code and with one line on
// standard error that contains the words.
func (o outcome) expectLine(t *testing.T, code int, words string) {
	t.Helper()
	isOneLine := strings.Count(o.stderr, "\n") == 1 && strings.HasPrefix(o.stderr, "maru: ")
	if o.code != code || !isOneLine || !strings.Contains(o.stderr, words) || o.stdout != "" {
		t.Errorf("exit code %d, stdout %q, stderr %q; want %d and one line with %q", o.code, o.stdout, o.stderr, code, words)
	}
}

// running is a server that runs in this process.
type running struct {
	t      *testing.T
	url    string
	stdout string // up to the address
	stop   func() outcome
}

// start runs a server on a free port until the test ends or stop is called.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, written := io.Pipe()
	var stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		m := &Main{Stdout: written, Stderr: &stderr}
		code := m.Run(ctx, append([]string{"--addr", "127.0.0.1:0"}, args...))
		_ = written.Close()
		ended <- code
	}()
	s := &running{t: t}
	s.stop = sync.OnceValue(func() outcome {
		cancel()
		return outcome{code: <-ended, stderr: stderr.String()}
	})
	t.Cleanup(func() { s.stop() })
	s.url, s.stdout = awaitAddress(t, out)
	return s
}

// operatorSecret returns the secret in the operator's link.
func (s *running) operatorSecret() string { return s.said("#operator=") }

// said returns what follows the words in the line that contains them.
func (s *running) said(words string) string {
	_, after, _ := strings.Cut(s.stdout, words)
	line, _, _ := strings.Cut(after, "\n")
	return line
}

// awaitAddress reads the program's output up to the line with its address.
func awaitAddress(t *testing.T, out io.Reader) (url, said string) {
	t.Helper()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said += lines.Text() + "\n"
		if url, isAddress := strings.CutPrefix(lines.Text(), "Maru is at "); isAddress {
			return url, said
		}
	}
	t.Fatalf("the program ended and said only %q", said)
	return "", ""
}

// do makes a request and returns the status and the body of the answer.
func do(t *testing.T, method, url, token, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// process runs the program as a process of its own.
func process(t *testing.T, args ...string) (cmd *exec.Cmd, url string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.CommandContext(t.Context(), program, append([]string{"--addr", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.WaitDelay = time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url, _ = awaitAddress(t, out)
	return cmd, url
}
