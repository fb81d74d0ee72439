package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// asProgram makes the test binary run as maru itself, for what only a process
// can show.
const asProgram = "MARU_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// outcome is how a run of the program ended.
type outcome struct {
	code           int
	stdout, stderr string
}

func run(t *testing.T, args ...string) outcome {
	t.Helper()
	// What should have been refused, and serves instead, ends and fails the test.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var stdout, stderr bytes.Buffer
	m := &Main{Stdout: &stdout, Stderr: &stderr}
	code := m.Run(ctx, args)
	return outcome{code, stdout.String(), stderr.String()}
}

// expectLine fails unless the program ended with the code and said why in one
// line that holds the words.
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

// operatorSecret is what the link for the operator holds.
func (s *running) operatorSecret() string { return s.said("#operator=") }

// said is the rest of the line in which the program said the words.
func (s *running) said(words string) string {
	_, after, _ := strings.Cut(s.stdout, words)
	line, _, _ := strings.Cut(after, "\n")
	return line
}

// awaitAddress reads what the program says until it says where it is.
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

// do does a request and returns its status and body.
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
