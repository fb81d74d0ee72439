package main

import (
	"strings"
	"testing"
)

// TestRun_unwritable shows folders that nobody can write, the superuser
// included: the kernel makes all that is in them.
func TestRun_unwritable(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"/sys/nope", "/proc/nope"} {
		t.Run(data, func(t *testing.T) {
			t.Parallel()
			o := run(t, "--addr", "127.0.0.1:0", "--data", data)
			o.expectLine(t, exitFault, "cannot open the data folder "+data+": ")
			if strings.Contains(o.stderr, "mkdir") {
				t.Errorf("it says what the system says: %s", o.stderr)
			}
		})
	}
}
