// Command besidedynamodb runs a command together with a DynamoDB Local that all
// tests of the command share, and exits with the command's exit code:
//
//	go run ./e2e/besidedynamodb go test ./...
//
// If DynamoDB Local cannot run, the command runs without it, and its tests report
// what is missing.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"

	"github.com/maru-chat/maru/internal/dynamolocal"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "besidedynamodb:", err)
	}
	os.Exit(code)
}

// run returns the exit code of the command, or 1 and an error if the command could
// not run or was killed.
func run(command []string) (code int, err error) {
	if len(command) == 0 {
		return 1, errors.New("give the command to run")
	}
	// A terminal interrupts the command too, and the command's exit code is returned.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	database, err := dynamolocal.Open(context.Background())
	switch {
	case err == nil:
		defer database.Close()
		if err := os.Setenv(dynamolocal.Variable, database.Endpoint()); err != nil {
			return 1, err
		}
	case !errors.Is(err, dynamolocal.ErrMissing):
		return 1, err
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
