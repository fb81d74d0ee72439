package crash

import (
	"fmt"
	"os"
	"testing"

	"github.com/maru-chat/maru/e2e/resident"
)

// program is the binary that this run has built.
var program string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	folder, err := os.MkdirTemp("", "maru-crash-")
	if err == nil {
		defer func() { _ = os.RemoveAll(folder) }()
		program, err = resident.Build(folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
