package bootstrap

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// MaxZip is how many bytes the zip that is deployed may have: a function's cold
// start fetches it.
const MaxZip = 6 << 20

// Name is what Lambda wants the program to be called.
const Name = "bootstrap"

// Build compiles cmd/lambda into the folder for a system and an architecture,
// with the flags that it is deployed with (linux, arm64), and returns the
// program's path. It looks at every source file of the module, so that go test
// knows that its result rests on them and does not answer from its cache when
// they change.
func Build(folder, system, arch string) (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	for _, sources := range []string{"cmd", "internal", "go.mod"} {
		if err := lookAt(filepath.Join(root, sources)); err != nil {
			return "", fmt.Errorf("look at the sources: %w", err)
		}
	}
	program := filepath.Join(folder, Name)
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-trimpath", "-ldflags=-s -w", "-o", program, "./cmd/lambda")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch)
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build cmd/lambda: %w\n%s", err, output)
	}
	return program, nil
}

// Zip writes the program into a zip as Lambda wants it, the same bytes for the
// same program, and returns its size.
func Zip(w io.Writer, program string) (size int64, err error) {
	file, err := os.Open(program)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	counted := &counter{w: w}
	archive := zip.NewWriter(counted)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	header := &zip.FileHeader{Name: Name, Method: zip.Deflate}
	header.SetMode(0o755)
	entry, err := archive.CreateHeader(header)
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(entry, file); err != nil {
		return 0, err
	}
	return counted.n, archive.Close()
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
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
	return filepath.WalkDir(path, func(_ string, _ fs.DirEntry, err error) error { return err })
}
