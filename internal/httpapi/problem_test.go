package httpapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

func TestProblem_every_code_has_a_status(t *testing.T) {
	t.Parallel()
	for _, code := range chat.Codes {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			status, isKnown := wire.Statuses[code]
			if !isKnown || status < 400 {
				t.Fatalf("status %d, known %t", status, isKnown)
			}
			p := problemOf(chat.Errorf(code, "said to people"))
			if p.Status != status || p.Code != code || p.Detail != "said to people" || p.Title == "" {
				t.Errorf("problem %+v", p)
			}
		})
	}
	if len(wire.Statuses) != len(chat.Codes) {
		t.Errorf("the table has %d codes, the domain %d", len(wire.Statuses), len(chat.Codes))
	}
}

func TestProblem_says(t *testing.T) {
	t.Parallel()
	head := chat.Cursor{Seq: 9, Tag: "0011aabb"}
	onWire := wire.Cursor(head)
	for name, tc := range map[string]struct {
		err     error
		want    wire.Problem
		headers http.Header
	}{
		"the head with stale": {
			err:     chat.Stale(head, false),
			want:    wire.Problem{Status: 409, Title: "Conflict", Code: chat.CodeStale, Detail: chat.Stale(head, false).Msg, Head: &onWire},
			headers: http.Header{},
		},
		"that a cursor is of another log": {
			err:     chat.Stale(head, true),
			want:    wire.Problem{Status: 409, Title: "Conflict", Code: chat.CodeStale, Detail: chat.Stale(head, true).Msg, Head: &onWire, Reset: true},
			headers: http.Header{},
		},
		"when to try again, rounded up to seconds in the header": {
			err:     &chat.Error{Code: chat.CodeRateLimited, Msg: "too fast", RetryAfter: 1200 * time.Millisecond},
			want:    wire.Problem{Status: 429, Title: "Too Many Requests", Code: chat.CodeRateLimited, Detail: "too fast", RetryAfterMS: 1200},
			headers: http.Header{"Retry-After": {"2"}},
		},
		"how to sign in": {
			err:     chat.Errorf(chat.CodeUnauthenticated, "no token"),
			want:    wire.Problem{Status: 401, Title: "Unauthorized", Code: chat.CodeUnauthenticated, Detail: "no token"},
			headers: http.Header{"Www-Authenticate": {`Bearer realm="maru"`}},
		},
		"nothing of a cause inside": {
			err:     chat.Wrap(errBroken, chat.CodeUnavailable, "append to secret-room"),
			want:    wire.Problem{Status: 503, Title: "Service Unavailable", Code: chat.CodeUnavailable, Detail: "something went wrong on our side", RetryAfterMS: 1000},
			headers: http.Header{"Retry-After": {"1"}},
		},
		"nothing of an unknown error": {
			err:     errBroken,
			want:    wire.Problem{Status: 500, Title: "Internal Server Error", Code: chat.CodeInternal, Detail: "something went wrong on our side"},
			headers: http.Header{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			problemOf(tc.err).write(w)
			var got wire.Problem
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			tc.want.Type = "about:blank"
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			tc.headers.Set("Content-Type", "application/problem+json")
			if diff := cmp.Diff(tc.headers, w.Header()); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			if strings.Contains(w.Body.String(), "fire") || strings.Contains(w.Body.String(), "secret-room") {
				t.Errorf("the cause is told: %s", w.Body)
			}
		})
	}
}
