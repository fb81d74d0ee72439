package crash

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/maru-chat/maru/e2e/resident"
)

// folder is where the program is built; it is removed after the tests.
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

// program returns the binary, which the first test that asks for it builds. It is
// not built before the tests: to know when a cached result is out of date, go
// test records only the files that tests look at.
func program(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
