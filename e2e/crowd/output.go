package crowd

import (
	"regexp"
	"strings"
)

// isRoutine matches the lines that a home writes for every request: there are so
// many that they would hide all others.
var isRoutine = regexp.MustCompile(`^\s*$|^received connection\s*$|\(λ: |"level":"INFO","msg":"http"|"rates are off"`)

// Output returns the end of what the home has written since the crowd gathered, to
// show with a failure.
func (c *Crowd) Output() string {
	if c.options.Output == nil {
		return ""
	}
	text := c.options.Output()
	return telling(text[min(c.quiet, len(text)):])
}

// telling returns the end of an output without its routine lines.
func telling(output string) string {
	const most = 8000
	var lines strings.Builder
	for line := range strings.Lines(output) {
		if !isRoutine.MatchString(line) {
			lines.WriteString(line)
		}
	}
	text := lines.String()
	return text[max(0, len(text)-most):]
}
