package apigw

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"testing"
	"unicode/utf8"
)

// FuzzHTTP_Invoke looks for an event that makes the adapter panic, lets a
// header choose the sender's address, or does not give back the body that it
// brought.
func FuzzHTTP_Invoke(f *testing.F) {
	for _, story := range readStories[httpStory](f, "http") {
		f.Add([]byte(story.Event))
	}
	f.Add([]byte(plainEvent))
	f.Add([]byte(`{"requestContext":{"http":{"method":" "},"stage":"/"},"rawPath":"//x/..%2f","rawQueryString":"%zz"}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var sent []byte
		answer, err := NewHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var event httpEvent
			if err := json.Unmarshal(payload, &event); err != nil {
				t.Fatalf("the handler got an event that cannot be read: %v", err)
			}
			if want := net.JoinHostPort(event.RequestContext.HTTP.SourceIP, "0"); r.RemoteAddr != want {
				t.Errorf("remote %q, want %q", r.RemoteAddr, want)
			}
			if r.URL.Path == "" || r.URL.Path[0] != '/' {
				t.Errorf("path %q", r.URL.Path)
			}
			sent, _ = io.ReadAll(r.Body)
			_, _ = w.Write(sent)
		}), quiet).Invoke(t.Context(), payload)
		if err != nil {
			return
		}
		checkEcho(t, answer, sent)
	})
}

func checkEcho(t *testing.T, raw, sent []byte) {
	t.Helper()
	var answer httpAnswer
	if err := json.Unmarshal(raw, &answer); err != nil || !utf8.Valid(raw) {
		t.Fatalf("not JSON: %v in %q", err, raw)
	}
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s", answer.StatusCode, answer.Body)
	}
	if answer.Body == "" { // HEAD, or nothing was sent
		return
	}
	got := body{Text: answer.Body}
	if answer.IsBase64Encoded {
		got = body{Base64: answer.Body}
	}
	if got := got.bytes(t); !bytes.Equal(got, sent) {
		t.Errorf("body %q, want %q", got, sent)
	}
}
