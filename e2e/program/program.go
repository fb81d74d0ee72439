// Package program builds the programs of this module for tests and tools that run
// them as processes. It runs none itself.
package program

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// Build compiles the package, such as "cmd/maru", into the folder and returns the
// program's path. It looks at every source file of the module, so that go test
// knows that the calling test depends on them and does not use a cached result
// after a change.
func Build(folder, pkg string, flags ...string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	for _, sources := range []string{"cmd", "internal", "web", "go.mod"} {
		if err := LookAt(filepath.Join(root, sources)); err != nil {
			return "", fmt.Errorf("look at the sources: %w", err)
		}
	}
	path := filepath.Join(folder, filepath.Base(pkg))
	build := exec.Command("go", append(append([]string{"build", "-o", path}, flags...), "./"+pkg)...)
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, output)
	}
	return path, nil
}

// Root returns the folder of the module that the working directory is in.
func Root() (string, error) {
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

// LookAt looks at every file below the path, except for npm packages, so that go
// test knows that the calling test depends on them.
func LookAt(path string) error {
	return filepath.WalkDir(path, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == "node_modules" {
			return fs.SkipDir
		}
		return err
	})
}
