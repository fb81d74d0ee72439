// Command maru is the resident Maru: one binary, one folder of data, its own
// page. It is wiring and a command line only; every rule is in internal/chat.
//
// It exits with 0 on success, also when a SIGTERM ended it, with 1 on failure
// and with 2 for a wrong command line. Every failure is one line on standard
// error.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	relaxTimers()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	m := &Main{Stdout: os.Stdout, Stderr: os.Stderr}
	os.Exit(m.Run(ctx, os.Args[1:]))
}
