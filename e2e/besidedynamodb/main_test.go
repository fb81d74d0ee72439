package main

import (
	"testing"

	"github.com/maru-chat/maru/internal/dynamolocal"
)

func TestRun(t *testing.T) {
	t.Setenv(dynamolocal.Variable, "http://127.0.0.1:1") // so that none is started
	for name, test := range map[string]struct {
		command []string
		want    int
		isError bool
	}{
		"sets the database's URL":        {[]string{"sh", "-c", `[ "$MARU_DYNAMODB_LOCAL" = http://127.0.0.1:1 ]`}, 0, false},
		"returns the command's code":     {[]string{"sh", "-c", "exit 7"}, 7, false},
		"fails if the command is killed": {[]string{"sh", "-c", "kill -KILL $$"}, 1, true},
		"fails if there is no program":   {[]string{"./none"}, 1, true},
		"fails without a command":        {nil, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			if code, err := run(test.command); code != test.want || (err != nil) != test.isError {
				t.Errorf("run = %d, %v; want %d, an error: %t", code, err, test.want, test.isError)
			}
		})
	}
}
