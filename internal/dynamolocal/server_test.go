package dynamolocal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// parentVariable turns this test binary into a process that starts a server,
// prints its endpoint and waits to be killed.
const parentVariable = "MARU_DYNAMOLOCAL_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parentVariable) != "" {
		beParent()
	}
	os.Exit(m.Run())
}

func beParent() {
	s, err := Start(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(s.Endpoint())
	_, _ = io.Copy(io.Discard, os.Stdin) // until killed: the test keeps the pipe open
	os.Exit(0)
}

func TestServer(t *testing.T) {
	t.Parallel()
	s, err := Start(t.Context())
	if err != nil {
		SkipOrFail(t, err)
	}
	t.Cleanup(s.Close)

	if got := listTables(t, s.Endpoint()); !strings.Contains(got, `"TableNames":[]`) {
		t.Errorf("ListTables on a new server = %s, want no tables", got)
	}
	s.Close()
	s.Close() // closing again does nothing
	if s.answers(t.Context()) {
		t.Errorf("%s answers after Close", s.Endpoint())
	}
}

func TestOpen_sharesAServerThatIsNamed(t *testing.T) {
	t.Setenv(Variable, "http://127.0.0.1:1")
	s, err := Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Close() // leaves it to whoever started it
	if s.Endpoint() != "http://127.0.0.1:1" {
		t.Errorf("the server is at %s, not where the variable says", s.Endpoint())
	}
}

func TestServer_diesWithAKilledParent(t *testing.T) {
	t.Parallel()
	if _, err := find("."); err != nil {
		SkipOrFail(t, err)
	}
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentVariable+"=1")
	parent.Stderr = os.Stderr
	if _, err := parent.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the parent did not start a server: %v", err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed: an error is what it ends with

	orphan := &Server{endpoint: strings.TrimSpace(line)}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for orphan.answers(ctx) {
	}
	if ctx.Err() != nil {
		t.Errorf("%s answers 10 s after its parent was killed", orphan.Endpoint())
	}
}

func TestStart_givesUpWithItsContext(t *testing.T) {
	t.Parallel()
	if _, err := find("."); err != nil {
		SkipOrFail(t, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Start with a cancelled context = %v, want context.Canceled", err)
	}
}

func TestFind_saysWhatIsMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := find(dir)
	if !errors.Is(err, ErrMissing) {
		t.Errorf("find in a module without npm packages = %v, want ErrMissing", err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the reason is longer than a line: %q", err)
	}
}

// listTables asks with the least that DynamoDB Local accepts as a signature.
func listTables(t *testing.T, endpoint string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Target", "DynamoDB_20120810.ListTables")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/local/dynamodb/aws4_request, "+
		"SignedHeaders=host, Signature=none")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
