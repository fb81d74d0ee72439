package config

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

// inLambda is the environment of a function in AWS.
var inLambda = map[string]string{
	"_HANDLER":              "http",
	"MARU_TABLE":            "maru",
	"AWS_REGION":            "eu-central-1",
	"AWS_ACCESS_KEY_ID":     "key",
	"AWS_SECRET_ACCESS_KEY": "hush",
	"AWS_SESSION_TOKEN":     "session",
	"MARU_CALLBACK_URL":     "https://abc.execute-api.eu-central-1.amazonaws.com/live",
	"MARU_SOCKET_URL":       "wss://abc.execute-api.eu-central-1.amazonaws.com/live",
	"MARU_PUBLIC_URL":       "https://Chat.example.org:443",
}

// parseWith parses inLambda with changes.
func parseWith(changes map[string]string) (*Lambda, error) {
	environment := maps.Clone(inLambda)
	maps.Copy(environment, changes)
	return ParseLambda(func(name string) string { return environment[name] })
}

func TestParseLambda(t *testing.T) {
	t.Parallel()

	t.Run("reads the settings of a function in AWS", func(t *testing.T) {
		t.Parallel()
		got, err := parseWith(nil)
		if err != nil {
			t.Fatal(err)
		}
		want := &Lambda{
			Handler: "http", Table: "maru", Region: "eu-central-1",
			Credentials: Credentials{KeyID: "key", Secret: "hush", Session: "session"},
			CallbackURL: "https://abc.execute-api.eu-central-1.amazonaws.com/live",
			SocketURL:   "wss://abc.execute-api.eu-central-1.amazonaws.com/live",
			PublicURL:   "https://chat.example.org", Origins: []string{"https://chat.example.org"},
			Classic: true, Rates: Rates{Rates: chat.DefaultRates()}, SocketsPerUser: 20,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("reads all that may be set", func(t *testing.T) {
		t.Parallel()
		got, err := parseWith(map[string]string{
			"MARU_ORIGINS":      "https://a.example, http://B.example:80,",
			"MARU_CLASSIC":      "false",
			"MARU_RATES":        "rooms=1/1h",
			"MARU_CALLBACK_URL": "http://localhost:3001/",
			"MARU_API_URL":      "https://api.example.org/",
			"MARU_DYNAMODB_URL": "http://127.0.0.1:8000",

			"MARU_SOCKETS_PER_USER": "3",
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"https://chat.example.org", "https://a.example", "http://b.example"}
		if diff := cmp.Diff(want, got.Origins); diff != "" {
			t.Error(diff)
		}
		if got.Classic || got.SocketsPerUser != 3 || got.Rates.Rooms != (chat.Rate{Burst: 1, Every: time.Hour}) ||
			got.CallbackURL != "http://localhost:3001" || got.APIURL != "https://api.example.org" ||
			got.DynamoDBURL != "http://127.0.0.1:8000" {
			t.Errorf("got %+v", got)
		}
	})

	for _, local := range []string{"http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000", "http://localhost"} {
		t.Run("lets rates be off with the table at "+local, func(t *testing.T) {
			t.Parallel()
			got, err := parseWith(map[string]string{"MARU_RATES": "off", "MARU_DYNAMODB_URL": local})
			if err != nil || !got.Rates.IsOff {
				t.Errorf("ParseLambda = %+v, %v", got, err)
			}
		})
	}
}

func TestParseLambda_refuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change map[string]string
		want   string
	}{
		"no handler":                    {map[string]string{"_HANDLER": ""}, "_HANDLER must be set"},
		"no table":                      {map[string]string{"MARU_TABLE": ""}, "MARU_TABLE must be set"},
		"no region":                     {map[string]string{"AWS_REGION": ""}, "AWS_REGION must be set"},
		"no key id":                     {map[string]string{"AWS_ACCESS_KEY_ID": ""}, "AWS_ACCESS_KEY_ID must be set"},
		"no secret":                     {map[string]string{"AWS_SECRET_ACCESS_KEY": ""}, "AWS_SECRET_ACCESS_KEY must be set"},
		"no address for pushes":         {map[string]string{"MARU_CALLBACK_URL": ""}, "MARU_CALLBACK_URL must begin"},
		"pushes to a socket's address":  {map[string]string{"MARU_CALLBACK_URL": "wss://x"}, "MARU_CALLBACK_URL must begin"},
		"no address of sockets":         {map[string]string{"MARU_SOCKET_URL": ""}, "MARU_SOCKET_URL must begin"},
		"sockets over HTTP":             {map[string]string{"MARU_SOCKET_URL": "https://x"}, "MARU_SOCKET_URL must begin"},
		"an API without host":           {map[string]string{"MARU_API_URL": "https://"}, "MARU_API_URL must begin"},
		"a database that is no URL":     {map[string]string{"MARU_DYNAMODB_URL": "localhost:8000"}, "MARU_DYNAMODB_URL must begin"},
		"no public URL":                 {map[string]string{"MARU_PUBLIC_URL": ""}, "MARU_PUBLIC_URL must begin"},
		"a public URL with a path":      {map[string]string{"MARU_PUBLIC_URL": "https://x/y"}, "nothing behind"},
		"any origin":                    {map[string]string{"MARU_ORIGINS": "*"}, "MARU_ORIGINS must begin"},
		"a classic that is no switch":   {map[string]string{"MARU_CLASSIC": "maybe"}, "MARU_CLASSIC must be"},
		"rates that cannot be read":     {map[string]string{"MARU_RATES": "fast"}, "MARU_RATES: rates"},
		"no sockets for a user":         {map[string]string{"MARU_SOCKETS_PER_USER": "0"}, "at least 1"},
		"rates off in AWS":              {map[string]string{"MARU_RATES": "off"}, "loopback"},
		"rates off with a table beyond": {map[string]string{"MARU_RATES": "off", "MARU_DYNAMODB_URL": "http://192.0.2.1:8000"}, "loopback"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parseWith(tc.change)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("ParseLambda: %v, want an error with %q", err, tc.want)
			}
			if strings.Contains(err.Error(), "hush") {
				t.Errorf("the error tells the secret: %v", err)
			}
		})
	}
}
