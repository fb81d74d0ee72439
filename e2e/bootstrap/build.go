package bootstrap

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/maru-chat/maru/e2e/program"
)

// MaxZip is the maximum size of the deployed zip in bytes. Each cold start of a
// function fetches it.
const MaxZip = 6 << 20

// Name is the file name that Lambda requires for the program.
const Name = "bootstrap"

// Build compiles cmd/lambda into the folder for a system and an architecture,
// with the flags that the Makefile uses for the zip (which is for linux and
// arm64), and returns the program's path. It reads the state of every source file
// of the module, so that go test does not use a cached result when they change.
func Build(folder, system, arch string) (string, error) {
	root, err := program.Root()
	if err != nil {
		return "", err
	}
	for _, sources := range []string{"cmd", "internal", "tools", "go.mod"} {
		if err := program.LookAt(filepath.Join(root, sources)); err != nil {
			return "", fmt.Errorf("look at the sources: %w", err)
		}
	}
	path := filepath.Join(folder, Name)
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-trimpath", "-ldflags=-s -w", "-o", path, "./cmd/lambda")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch)
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build cmd/lambda: %w\n%s", err, output)
	}
	return path, nil
}

// Zip packs the program with the tool that packs the deployed one, into a zip
// beside it, and returns the path of the zip.
func Zip(path string) (string, error) {
	root, err := program.Root()
	if err != nil {
		return "", err
	}
	target := path + ".zip"
	pack := exec.Command("go", "run", "./lambdazip", path, target)
	pack.Dir = filepath.Join(root, "tools")
	if output, err := pack.CombinedOutput(); err != nil {
		return "", fmt.Errorf("zip %s: %w\n%s", path, err, output)
	}
	return target, nil
}
