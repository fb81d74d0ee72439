package main

import (
	"encoding/json"
	"runtime"
	"testing"

	"github.com/maru-chat/maru/e2e/bootstrap"
	"github.com/maru-chat/maru/internal/apigw/apigwtest"
	"github.com/maru-chat/maru/internal/chat"
)

// home is the serverless home without API Gateway: every function is a process of
// the deployed program, uses DynamoDB Local through the meter, and pushes to a
// gateway that counts. Tests give it events as API Gateway makes them.
type home struct {
	*stage
	meter     *meter
	gateway   *apigwtest.Gateway
	program   string
	functions map[string]*bootstrap.Runtime
	stream    *streamReader
	// rooms are ten rooms of the same ten people, the neighbours. The first room
	// has 1,000 messages, 100 by each of them.
	rooms      []chat.RoomID
	neighbours []*person
	hall       *hall
}

func newHome(t *testing.T) *home {
	t.Helper()
	s := newStage(t)
	h := &home{
		stage: s, meter: newMeter(t, s.endpoint, s.table), gateway: apigwtest.NewGateway(t),
		functions: map[string]*bootstrap.Runtime{}, stream: followStream(t, s.endpoint, s.table),
	}
	var err error
	h.program, err = bootstrap.Build(t.TempDir(), runtime.GOOS, runtime.GOARCH)
	must(t, err)
	for _, handler := range []string{"authorizer", "socket", "http", "push", "erase", "operator"} {
		h.functions[handler] = h.start(t, handler)
	}
	return h
}

// start runs a function with the settings that it has in AWS, except for the
// addresses and an access key that tells the meter which function it is.
func (h *home) start(t *testing.T, handler string) *bootstrap.Runtime {
	t.Helper()
	lambda, err := bootstrap.NewRuntime(t.Context())
	must(t, err)
	process, err := lambda.Start(h.program,
		"_HANDLER="+handler, "MARU_TABLE="+h.table, "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID="+handler, "AWS_SECRET_ACCESS_KEY=secret",
		"MARU_DYNAMODB_URL="+h.meter.server.URL, "MARU_CALLBACK_URL="+h.gateway.URL(),
		"MARU_SOCKET_URL=wss://socket.example.org/prod", "MARU_API_URL=https://api.example.org",
		"MARU_PUBLIC_URL="+origin,
	)
	must(t, err)
	t.Cleanup(func() {
		process.Stop()
		must(t, lambda.Close())
		if t.Failed() {
			t.Logf("%s wrote:\n%s", handler, process.Output())
		}
	})
	return lambda
}

// invoke has a function answer an event, and decodes its answer into answer
// unless that is nil. One function runs at a time.
func (h *home) invoke(t *testing.T, tally *Count, function string, event, answer any) {
	t.Helper()
	payload, err := json.Marshal(event)
	must(t, err)
	before := h.gateway.Counts()
	raw, err := h.functions[function].Invoke(t.Context(), payload)
	must(t, err)
	h.meter.noteConnections(function, before, h.gateway.Counts())
	tally.Invocations[function]++
	if answer != nil {
		must(t, json.Unmarshal(raw, answer))
	}
}

// must ends the test on an error.
func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
