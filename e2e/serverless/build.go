package serverless

import (
	"path/filepath"
	"runtime"

	"github.com/maru-chat/maru/e2e/bootstrap"
	"github.com/maru-chat/maru/e2e/program"
)

// Build compiles the functions' program for this machine into the folder and
// returns its path. It also reads the state of the files in deploy, so that go
// test does not use a cached result when they change.
func Build(folder string) (string, error) {
	root, err := program.Root()
	if err != nil {
		return "", err
	}
	if err := program.LookAt(filepath.Join(root, "deploy")); err != nil {
		return "", err
	}
	return bootstrap.Build(folder, runtime.GOOS, runtime.GOARCH)
}
