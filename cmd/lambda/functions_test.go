package main

import (
	"bytes"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/config"
)

// settings are the environment of a function whose table stands at url.
func settings(handler, url string) map[string]string {
	return map[string]string{
		"_HANDLER":              handler,
		"MARU_TABLE":            testTable,
		"MARU_DYNAMODB_URL":     url,
		"MARU_CALLBACK_URL":     "http://127.0.0.1:1", // nobody listens there
		"MARU_SOCKET_URL":       "wss://socket.example.org/prod",
		"MARU_PUBLIC_URL":       "https://chat.example.org",
		"AWS_REGION":            "us-east-1",
		"AWS_ACCESS_KEY_ID":     "key",
		"AWS_SECRET_ACCESS_KEY": "secret",
	}
}

// reader reads the environment from a map.
func reader(environment map[string]string) func(string) string {
	return func(name string) string { return environment[name] }
}

var quiet = slog.New(slog.DiscardHandler)

func TestFunctions_make_only_the_clients_that_they_use(t *testing.T) {
	t.Parallel()
	want := map[string][]string{
		"authorizer": {"table"},
		"erase":      {"table"},
		"http":       {"table", "sockets"}, // a PUT /chat is pushed, and so is a join
		"operator":   {"table"},
		"push":       {"table", "sockets"},
		"socket":     {"table", "sockets"},
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(functions))); diff != "" {
		t.Fatalf("functions (-want +got):\n%s", diff)
	}
	for handler, clients := range want {
		t.Run(handler, func(t *testing.T) {
			t.Parallel()
			var made []string
			connect := connectors{
				table: func(cfg *config.Lambda) *dynamodb.Client {
					made = append(made, "table")
					return connectTable(cfg)
				},
				sockets: func(cfg *config.Lambda) *apigw.Management {
					made = append(made, "sockets")
					return connectSockets(cfg)
				},
			}
			if _, err := open(reader(settings(handler, "http://127.0.0.1:1")), connect, quiet); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(clients, made); diff != "" {
				t.Errorf("clients (-want +made):\n%s", diff)
			}
		})
	}
}

func TestOpen_refuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ setting, value, want string }{
		"an unknown handler":         {"_HANDLER", "chat", "_HANDLER must be one of authorizer, erase, http, operator, push, socket"},
		"settings that cannot work":  {"MARU_TABLE", "", "MARU_TABLE must be set"},
		"rates off for a real table": {"MARU_RATES", "off", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := settings("http", "http://127.0.0.1:1")
			environment[tc.setting] = tc.value
			if tc.want == "" {
				environment["MARU_DYNAMODB_URL"], tc.want = "", "loopback"
			}
			if _, err := open(reader(environment), connectors{}, quiet); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("open: %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func TestOpen_says_that_rates_are_off(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	environment := settings("operator", "http://127.0.0.1:1")
	environment["MARU_RATES"] = "off"
	_, err := open(reader(environment), connectors{table: connectTable}, slog.New(slog.NewJSONHandler(&log, nil)))
	if err != nil || !strings.Contains(log.String(), "rates are off") {
		t.Errorf("open: %v, logged %q", err, log.String())
	}
}
