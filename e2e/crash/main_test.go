package crash

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
	if folder, err = os.MkdirTemp("", "maru-crash-"); err != nil {
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
