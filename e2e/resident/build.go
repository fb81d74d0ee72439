package resident

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// Build compiles cmd/maru into the folder and returns the program's path. It
// looks at every source file of the module, so that go test knows that its
// result rests on them and does not answer from its cache when they change.
func Build(folder string) (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	for _, sources := range []string{"cmd", "internal", "web", "go.mod"} {
		if err := lookAt(filepath.Join(root, sources)); err != nil {
			return "", fmt.Errorf("look at the sources: %w", err)
		}
	}
	program := filepath.Join(folder, "maru")
	build := exec.Command("go", "build", "-o", program, "./cmd/maru")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build cmd/maru: %w\n%s", err, output)
	}
	return program, nil
}

func moduleRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("no go.mod above the working directory")
		}
		folder = parent
	}
}

func lookAt(path string) error {
	return filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == "node_modules" {
			return fs.SkipDir
		}
		return err
	})
}
