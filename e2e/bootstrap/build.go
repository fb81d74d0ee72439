package bootstrap

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/maru-chat/maru/e2e/program"
)

// MaxZip is how many bytes the zip that is deployed may have: a function's cold
// start fetches it.
const MaxZip = 6 << 20

// Name is what Lambda wants the program to be called.
const Name = "bootstrap"

// Build compiles cmd/lambda into the folder for a system and an architecture,
// with the flags of the Makefile's zip (which is for linux and arm64), and
// returns the program's path. It looks at every source file of the module, so
// that go test knows that its result rests on them and does not answer from its
// cache when they change.
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

// Zip packs the program beside itself with the tool that packs what is
// deployed, and returns the path of the zip.
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
