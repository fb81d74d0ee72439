// Command lambda is every function of the serverless Maru in one bootstrap; the
// handler's name selects the function. It is wiring only; every rule is in
// internal/chat.
//
// A process serves one function and is frozen between two events. Invariants:
//
//   - Everything that an event started, the writing of marks included, has ended
//     before its answer leaves. Otherwise it would end minutes later, or never.
//   - A process makes only the clients of its own function, and sends no request
//     before its first event. Otherwise the first caller would wait for them.
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
