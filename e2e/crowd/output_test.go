package crowd

import (
	"strings"
	"testing"
)

func TestTelling(t *testing.T) {
	t.Parallel()
	const routine = `(λ: socket) RequestId: 8ca-8a0f  Duration: 2209.00 ms  Billed Duration: 2210 ms

received connection
ANY /config.json (λ: http)
[http] {"time":"2026-03-01T09:00:00Z","level":"INFO","msg":"http","status":200}
[push] {"time":"2026-03-01T09:00:00Z","level":"WARN","msg":"rates are off"}
`
	for _, trouble := range []string{
		"× FunctionError [Runtime.ExitError]: RequestId: 4d1c Error: Runtime exited with error: exit status 1\n",
		"a request failed: Sandbox.Timedout: Task timed out after 12 seconds\n",
		"[socket] 2026/03/01 09:00:00 failed to POST to http://127.0.0.1:1/response: EOF\n",
		"[socket] Runtime API: aborted\n",
		`[http] {"time":"2026-03-01T09:00:00Z","level":"ERROR","msg":"http","status":503}` + "\n",
	} {
		if got := telling(routine + trouble + strings.Repeat(routine, 100)); got != trouble {
			t.Errorf("got %q, want %q", got, trouble)
		}
	}
}
