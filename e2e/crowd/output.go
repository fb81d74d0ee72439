package crowd

import (
	"regexp"
	"strings"
)

// isRoutine finds the lines that a home writes for every request, answered well
// or not: there are so many that nothing else would be seen.
var isRoutine = regexp.MustCompile(`^\s*$|^received connection\s*$|\(λ: |"level":"INFO","msg":"http"|"rates are off"`)

// Output is the end of what the home has written since the crowd gathered, of
// use when something failed.
func (c *Crowd) Output() string {
	if c.options.Output == nil {
		return ""
	}
	text := c.options.Output()
	return telling(text[min(c.quiet, len(text)):])
}

// telling is the end of an output without what is routine.
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
