package e2e

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
	folder, err := os.MkdirTemp("", "maru-e2e-")
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

// start runs Maru on an empty folder until the test ends.
func start(t *testing.T) *resident.Server {
	t.Helper()
	return startOn(t, t.TempDir())
}

func startOn(t *testing.T, data string) *resident.Server {
	t.Helper()
	server, err := resident.New(t.Context(), resident.Options{
		Program: program, Data: data, Env: []string{"MARU_RATES=off"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	return server
}
