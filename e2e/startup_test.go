package e2e

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// run runs the program to its end and returns its exit code and its output.
func run(t *testing.T, args ...string) (code int, output string) {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		code = exit.ExitCode()
	}
	return code, string(text)
}

// TestStartup starts the program in ways that cannot work: it says why in one
// line, ends with the code that scripts rely on, and touches nothing.
func TestStartup(t *testing.T) {
	t.Parallel()
	const fault, usage = 1, 2
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("not a folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	corrupt := t.TempDir()
	if err := os.WriteFile(filepath.Join(corrupt, "maru.db"), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	tests := []struct {
		name string
		args []string
		code int
		says string
	}{
		{"a taken port", []string{"--addr", taken.Addr().String(), "--data", data}, fault, taken.Addr().String()},
		{"a file where the folder should be", []string{"--addr", "127.0.0.1:0", "--data", file}, fault, file},
		{"a folder that cannot be made", []string{"--addr", "127.0.0.1:0", "--data", filepath.Join(file, "below")}, fault, file},
		{"a file that is no database", []string{"--addr", "127.0.0.1:0", "--data", corrupt}, fault, "maru.db"},
		{"an unknown flag", []string{"--adr", "127.0.0.1:0"}, usage, "--adr"},
		{"an unknown command", []string{"sevre"}, usage, "sevre"},
		{"an address without a port", []string{"--addr", "localhost", "--data", data}, usage, "addr"},
		{"no rates on a public address", []string{"--addr", "0.0.0.0:0", "--rates", "off", "--data", data}, usage, "rates"},
		{"a check of no data", []string{"check", "--data", filepath.Join(data, "nothing")}, fault, "nothing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			code, output := run(t, test.args...)
			if code != test.code {
				t.Errorf("exit code %d, want %d\n%s", code, test.code, output)
			}
			if strings.Count(output, "\n") != 1 || !strings.HasPrefix(output, "maru: ") || !strings.Contains(output, test.says) {
				t.Errorf("want one line that speaks of %q, got\n%s", test.says, output)
			}
		})
	}
	t.Run("a second server on the same data", func(t *testing.T) {
		t.Parallel()
		first := t.TempDir()
		startOn(t, first)
		code, output := run(t, "--addr", "127.0.0.1:0", "--data", first)
		if code != fault || !strings.Contains(output, first) {
			t.Errorf("exit code %d, want %d\n%s", code, fault, output)
		}
	})
}
