package apigw

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// httpStory is one file of testdata/http: an event, the request that a handler
// must see, what it responds, and the answer of the function.
type httpStory struct {
	About   string          `json:"about"`
	Event   json.RawMessage `json:"event"`
	Request struct {
		Method string      `json:"method"`
		URL    string      `json:"url"`
		Host   string      `json:"host"`
		Remote string      `json:"remote"`
		Header http.Header `json:"header"`
		body
	} `json:"request"`
	Response struct {
		Status int         `json:"status"` // 0 to write none
		Header http.Header `json:"header"`
		Panic  string      `json:"panic"` // after the body, when set
		body
	} `json:"response"`
	Answer json.RawMessage `json:"answer"`
}

// body is text, or base64 where it is none.
type body struct {
	Text   string `json:"body"`
	Base64 string `json:"base64"`
}

func (b body) bytes(t *testing.T) []byte {
	t.Helper()
	if b.Base64 == "" {
		return []byte(b.Text)
	}
	raw, err := base64.StdEncoding.DecodeString(b.Base64)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// readStories reads every file of a folder of testdata.
func readStories[S any](t testing.TB, folder string) map[string]S {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no stories in testdata/%s: %v", folder, err)
	}
	stories := map[string]S{}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var story S
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&story); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		stories[strings.TrimSuffix(filepath.Base(path), ".json")] = story
	}
	return stories
}

var quiet = slog.New(slog.DiscardHandler)

func TestHTTP_Invoke_stories(t *testing.T) {
	t.Parallel()
	for name, story := range readStories[httpStory](t, "http") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Log(story.About)
			hasSeen := false
			answer, err := NewHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				hasSeen = true
				story.compare(t, r)
				story.respond(t, w)
			}), quiet).Invoke(t.Context(), story.Event)
			if err != nil {
				t.Fatal(err)
			}
			if !hasSeen {
				t.Error("the handler was not called")
			}
			if diff := cmp.Diff(decode(t, story.Answer), decode(t, answer)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func decode(t *testing.T, raw []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return v
}

func (s *httpStory) compare(t *testing.T, r *http.Request) {
	t.Helper()
	want := s.Request
	got, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	sent := want.bytes(t)
	if !bytes.Equal(got, sent) || r.ContentLength != int64(len(sent)) {
		t.Errorf("body %q of %d bytes, want %q", got, r.ContentLength, sent)
	}
	for what, pair := range map[string][2]string{
		"method":      {r.Method, want.Method},
		"URL":         {r.URL.String(), want.URL},
		"request URI": {r.RequestURI, want.URL},
		"host":        {r.Host, want.Host},
		"remote":      {r.RemoteAddr, want.Remote},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s %q, want %q", what, pair[0], pair[1])
		}
	}
	if diff := cmp.Diff(want.Header, r.Header); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func (s *httpStory) respond(t *testing.T, w http.ResponseWriter) {
	t.Helper()
	for name, values := range s.Response.Header {
		w.Header()[name] = values
	}
	if s.Response.Status != 0 {
		w.WriteHeader(s.Response.Status)
		w.Header().Set("X-Late", "lost")
	}
	if body := s.Response.bytes(t); len(body) > 0 {
		if _, err := w.Write(body); err != nil {
			t.Error(err)
		}
	}
	if s.Response.Panic != "" {
		panic(s.Response.Panic)
	}
}

const plainEvent = `{"version":"2.0","rawPath":"/","headers":{},` +
	`"requestContext":{"http":{"method":"GET","sourceIp":"192.0.2.1"}}}`

func TestHTTP_Invoke_refuses_what_is_no_event(t *testing.T) {
	t.Parallel()
	for name, payload := range map[string]string{
		"nothing":                "",
		"no object":              `[]`,
		"an event of format 1.0": `{"version":"1.0","path":"/","httpMethod":"GET"}`,
		"a body that is no base64": `{"requestContext":{"http":{"method":"PUT"}},"rawPath":"/",` +
			`"isBase64Encoded":true,"body":"?"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the handler was called") })
			if answer, err := NewHTTP(handler, quiet).Invoke(t.Context(), []byte(payload)); err == nil {
				t.Errorf("Invoke = %s, want an error", answer)
			}
		})
	}
}

// invokeWith answers plainEvent by the handler.
func invokeWith(t *testing.T, log *slog.Logger, handler http.HandlerFunc) (httpAnswer, int) {
	t.Helper()
	raw, err := NewHTTP(handler, log).Invoke(t.Context(), []byte(plainEvent))
	if err != nil {
		t.Fatal(err)
	}
	var answer httpAnswer
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatal(err)
	}
	return answer, len(raw)
}

func TestHTTP_Invoke_bounds_the_answer(t *testing.T) {
	t.Parallel()
	text := func(n int) []byte { return bytes.Repeat([]byte("a"), n) }
	write := func(parts ...[]byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for _, part := range parts {
				_, _ = w.Write(part) // a handler that does not look
			}
		}
	}
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		status  int
	}{
		"sends text that fits":                      {write(text(MaxAnswer - 200)), http.StatusOK},
		"refuses text that fits only by itself":     {write(text(MaxAnswer - 20)), http.StatusInternalServerError},
		"refuses what grows by its escapes":         {write(bytes.Repeat([]byte{'"'}, MaxAnswer/2)), http.StatusInternalServerError},
		"refuses what grows by base64":              {write(bytes.Repeat([]byte{0xff}, MaxAnswer*3/4)), http.StatusInternalServerError},
		"refuses rather than cuts":                  {write(text(MaxAnswer), text(1)), http.StatusInternalServerError},
		"sends what is binary and fits with base64": {write(bytes.Repeat([]byte{0xff}, MaxAnswer*3/4-300)), http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, size := invokeWith(t, quiet, tc.handler)
			if answer.StatusCode != tc.status || size > MaxAnswer {
				t.Errorf("status %d in %d bytes, want %d in at most %d", answer.StatusCode, size, tc.status, MaxAnswer)
			}
		})
	}
}

func TestHTTP_Invoke_logs_a_panic_once_and_not_its_words(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	invokeWith(t, slog.New(slog.NewJSONHandler(&log, nil)), func(http.ResponseWriter, *http.Request) { panic("on purpose") })
	lines := strings.Count(log.String(), "\n")
	if lines != 1 || !strings.Contains(log.String(), "panic with a string") || strings.Contains(log.String(), "on purpose") {
		t.Errorf("log:\n%s", log.String())
	}
}

func TestHTTP_Invoke_keeps_time_for_the_answer(t *testing.T) {
	t.Parallel()
	end := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	var given time.Time
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { given, _ = r.Context().Deadline() })
	if _, err := NewHTTP(handler, quiet).Invoke(ctx, []byte(plainEvent)); err != nil {
		t.Fatal(err)
	}
	if want := end.Add(-answerMargin); !given.Equal(want) {
		t.Errorf("the handler has until %v, want %v", given, want)
	}
}
