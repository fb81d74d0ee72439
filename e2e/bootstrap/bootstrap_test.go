package bootstrap

import (
	"archive/zip"
	"encoding/json"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestZip_is_small_enough_to_start_from(t *testing.T) {
	t.Parallel()
	program, err := Build(t.TempDir(), "linux", "arm64")
	if err != nil {
		t.Fatal(err)
	}
	path, err := Zip(program)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = archive.Close() }) // it was only read
	if len(archive.File) != 1 || archive.File[0].Name != Name || archive.File[0].Mode().Perm() != 0o755 {
		t.Errorf("the zip holds %v", archive.File)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > MaxZip {
		t.Errorf("the zip has %d bytes, %v; want at most %d", info.Size(), err, MaxZip)
	}
}

func TestProcess(t *testing.T) {
	t.Parallel()
	program, err := Build(t.TempDir(), runtime.GOOS, runtime.GOARCH)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("answers HTTP events, also after one that fails", func(t *testing.T) {
		t.Parallel()
		process, lambda := start(t, program, "http")
		if answer, err := lambda.Invoke(t.Context(), []byte(`{"version":"1.0"}`)); err == nil {
			t.Errorf("an event of another kind is answered: %s", answer)
		}
		var config struct{ API, Socket, Version string }
		answered(t, lambda, "/config.json", &config)
		if config.API != "https://api.example.org" || config.Socket != "wss://socket.example.org/prod" || config.Version == "" {
			t.Errorf("/config.json has %+v", config)
		}
		var status struct{ Status string }
		answered(t, lambda, "/healthz", &status)
		if status.Status != "ok" {
			t.Errorf("/healthz has %+v", status)
		}
		process.Stop()
		for line := range strings.Lines(process.Output()) {
			var entry map[string]any
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Errorf("a line of the log is no JSON: %s", line)
			}
		}
		if strings.Contains(process.Output(), "hush-hush") {
			t.Errorf("the log tells the secret:\n%s", process.Output())
		}
	})

	t.Run("refuses a socket with the answers that API Gateway expects", func(t *testing.T) {
		t.Parallel()
		_, lambda := start(t, program, "authorizer")
		const arn = `"methodArn":"arn:aws:execute-api:us-east-1:1:a/prod/$connect"`
		answer, err := lambda.Invoke(t.Context(), []byte(`{`+arn+`,"headers":{"Origin":"https://elsewhere.example"}}`))
		if err != nil || !strings.Contains(string(answer), `"Effect":"Deny"`) {
			t.Errorf("from another page: %s, %v; want Deny", answer, err)
		}
		_, err = lambda.Invoke(t.Context(), []byte(`{`+arn+
			`,"headers":{"Origin":"https://chat.example.org","Sec-WebSocket-Protocol":"maru.v1"}}`))
		if err == nil || !strings.Contains(err.Error(), `"errorMessage":"Unauthorized"`) {
			t.Errorf("without a token: %v; want the error Unauthorized", err)
		}
	})

	t.Run("exits with one line when the environment is wrong", func(t *testing.T) {
		t.Parallel()
		lambda := newRuntime(t)
		for want, env := range map[string][]string{
			"_HANDLER must be one of authorizer, erase, http, operator, push, socket": Environment("chat"),
			"_HANDLER must be set": nil,
		} {
			process, err := lambda.Start(program, env...)
			if err == nil {
				process.Stop()
				t.Fatalf("it started with %v", env)
			}
			if !strings.Contains(err.Error(), want) {
				t.Errorf("it ended with %v, want %q", err, want)
			}
		}
	})
}

func newRuntime(t *testing.T) *Runtime {
	t.Helper()
	lambda, err := NewRuntime(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := lambda.Close(); err != nil {
			t.Error(err)
		}
	})
	return lambda
}

func start(t *testing.T, program, handler string) (*Process, *Runtime) {
	t.Helper()
	lambda := newRuntime(t)
	process, err := lambda.Start(program, Environment(handler)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(process.Stop)
	return process, lambda
}

// answered has the function answer a GET, and decodes the body.
func answered(t *testing.T, lambda *Runtime, path string, body any) {
	t.Helper()
	raw, err := lambda.Invoke(t.Context(), []byte(`{"version":"2.0","rawPath":"`+path+
		`","headers":{},"requestContext":{"stage":"$default","http":{"method":"GET","sourceIp":"192.0.2.1"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		StatusCode int               `json:"statusCode"`
		Headers    map[string]string `json:"headers"`
		Body       string            `json:"body"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || answer.StatusCode != 200 {
		t.Fatalf("GET %s: %s, %v", path, raw, err)
	}
	if diff := cmp.Diff("application/json", answer.Headers["Content-Type"]); diff != "" {
		t.Errorf("GET %s: type %s", path, diff)
	}
	if err := json.Unmarshal([]byte(answer.Body), body); err != nil {
		t.Errorf("GET %s: %v in %s", path, err, answer.Body)
	}
}
