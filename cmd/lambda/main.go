// Command lambda is every function of the serverless Maru: one bootstrap, of
// which the handler's name picks one. It is wiring only; every rule is in
// internal/chat.
//
// A process serves one function and is frozen between two events. What must
// always hold, and what breaks without it:
//
//   - What an event began is over before its answer leaves, marks included: or
//     it would be finished minutes later, or never.
//   - A process makes the clients of its own function and no others, and calls
//     nobody before its first event: or whoever comes first waits for them.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	slog.SetDefault(log) // the runtime's own lines too
	handler, err := open(os.Getenv, connectors{table: connectTable, sockets: connectSockets}, log)
	if err != nil {
		log.Error("cannot start", "err", err)
		os.Exit(1)
	}
	lambda.Start(handler)
}
