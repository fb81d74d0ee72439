package e2e

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/maru-chat/maru/e2e/resident"
)

// folder is where the program is built; it is gone after the tests.
var folder string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	var err error
	if folder, err = os.MkdirTemp("", "maru-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	return m.Run()
}

var build = sync.OnceValues(func() (string, error) { return resident.Build(folder) })

// program returns the binary that this run has built. The first test that asks
// builds it: go test notes what tests look at, and nothing before them, to know
// when its cached result no longer holds.
func program(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// start runs Maru on an empty folder until the test ends.
func start(t *testing.T) *resident.Server {
	t.Helper()
	return startOn(t, t.TempDir())
}

func startOn(t *testing.T, data string) *resident.Server {
	t.Helper()
	server, err := resident.New(t.Context(), resident.Options{
		Program: program(t), Data: data, Env: []string{"MARU_RATES=off"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	return server
}
