// Command lambda is every function of the serverless Maru: one bootstrap, of
// which the handler's name picks one. It is wiring only; every rule is in
// internal/chat.
//
// A process serves one function and is frozen between two events, so what must
// always hold is:
//
//   - What an event began is over before its answer leaves: pushes by their
//     function, marks by [flushed].
//   - A process makes the clients of its own function and no others, and calls
//     nobody before its first event: both are waited for by whoever is first.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	handler, err := open(os.Getenv, clients{dynamoDB: connectDynamoDB}, log)
	if err != nil {
		log.Error("cannot start", "err", err)
		os.Exit(1)
	}
	lambda.Start(handler)
}
