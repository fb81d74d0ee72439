package apigw

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

// authorizerStory is one file of testdata/authorizer: an event, and either the
// answer or the error of the function.
type authorizerStory struct {
	About  string          `json:"about"`
	Event  json.RawMessage `json:"event"`
	Answer json.RawMessage `json:"answer"`
	Error  string          `json:"error"`
}

// fakeTokens accepts "good:USER", and cannot verify "broken:USER".
type fakeTokens struct{}

var tokenEnd = time.Date(2026, 5, 30, 9, 0, 0, 0, time.UTC)

func (fakeTokens) Verify(_ context.Context, token string) (chat.UserID, time.Time, error) {
	if strings.HasPrefix(token, "broken:") {
		return "", time.Time{}, chat.Wrap(errors.New("no table"), chat.CodeUnavailable, "read the signing key")
	}
	user, isGood := strings.CutPrefix(token, "good:")
	if !isGood {
		return "", time.Time{}, chat.Errorf(chat.CodeUnauthenticated, "the token is not ours")
	}
	return chat.UserID(user), tokenEnd, nil
}

func newAuthorizer(log *slog.Logger) *Authorizer {
	return &Authorizer{
		Tokens: fakeTokens{}, Classic: true, Log: log,
		Origins: []string{"https://chat.example.org", "https://intranet.example.org"},
	}
}

func TestAuthorizer_Invoke_stories(t *testing.T) {
	t.Parallel()
	for name, story := range readStories[authorizerStory](t, "authorizer") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Log(story.About)
			answer, err := newAuthorizer(quiet).Invoke(t.Context(), story.Event)
			if story.Error != "" {
				if err == nil || err.Error() != story.Error || answer != nil {
					t.Errorf("Invoke = %s, %v; want the error %q", answer, err, story.Error)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decode(t, story.Answer), decode(t, answer)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAuthorizer_Invoke_refuses_classic_sockets_when_off(t *testing.T) {
	t.Parallel()
	a := newAuthorizer(quiet)
	a.Classic = false
	answer, err := a.Invoke(t.Context(), readStories[authorizerStory](t, "authorizer")["classic"].Event)
	if err != nil || !strings.Contains(string(answer), `"Effect":"Deny"`) {
		t.Errorf("Invoke = %s, %v; want Deny", answer, err)
	}
}

func TestAuthorizer_Invoke_refuses_what_is_no_event(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{"", "[]", "{}"} {
		if answer, err := newAuthorizer(quiet).Invoke(t.Context(), []byte(payload)); err == nil || errors.Is(err, errUnauthorized) {
			t.Errorf("Invoke(%q) = %s, %v; want an error of its own", payload, answer, err)
		}
	}
}

func TestAuthorizer_Invoke_logs_no_token(t *testing.T) {
	t.Parallel()
	for name, story := range readStories[authorizerStory](t, "authorizer") {
		var log bytes.Buffer
		a := newAuthorizer(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
		_, err := a.Invoke(t.Context(), story.Event)
		isAllowed := strings.Contains(string(story.Answer), `"Allow"`)
		if hasLogged := log.Len() > 0; hasLogged == isAllowed {
			t.Errorf("%s (%v): logged %q", name, err, log.String())
		}
		if strings.Contains(log.String(), "good:") || strings.Contains(log.String(), "old:") {
			t.Errorf("%s: the log tells the token: %s", name, log.String())
		}
	}
}

// maxPermission is what API Gateway accepts of an authorizer.
const maxPermission = 8 << 10

func TestAuthorizer_Invoke_stays_below_8_KB(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("x", chat.MaxClassicName)
	arn := "arn:aws:execute-api:ap-northeast-2:123456789012:abcdef1234/" + strings.Repeat("s", 128) + "/$connect"
	event, err := json.Marshal(map[string]any{
		"methodArn": arn, "queryStringParameters": map[string]string{"room_id": longest, "user_id": longest},
	})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := newAuthorizer(quiet).Invoke(t.Context(), event)
	if err != nil || len(answer) > maxPermission {
		t.Errorf("Invoke = %d bytes, %v; want at most %d", len(answer), err, maxPermission)
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Identity{
		"a user until a token ends": {Kind: KindMaru, User: "mina", ExpiresAt: tokenEnd},
		"a user for ever":           {Kind: KindMaru, User: "mina"},
		"a classic user":            {Kind: KindClassic, User: "c-Nw", Room: "c-cg"},
	} {
		t.Run("survives the context: "+name, func(t *testing.T) {
			t.Parallel()
			values := map[string]any{"principalId": "x", "integrationLatency": 12.0} // as API Gateway adds
			for key, value := range want.context() {
				values[key] = value
			}
			got, err := identityOf(values)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("identityOf: %v\n%s", err, diff)
			}
		})
	}
	for name, values := range map[string]map[string]any{
		"no context":              nil,
		"no user":                 {"kind": "v1"},
		"a user that is no id":    {"kind": "v1", "user": "a b"},
		"a user that is no text":  {"kind": "v1", "user": 7},
		"no kind":                 {"user": "mina"},
		"another kind":            {"kind": "v2", "user": "mina"},
		"classic without a room":  {"kind": "classic", "user": "c-Nw"},
		"classic in another room": {"kind": "classic", "user": "c-Nw", "room": "lobby"},
		"an end that is no time":  {"kind": "v1", "user": "mina", "expires": "soon"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			if got, err := identityOf(values); chat.CodeOf(err) != chat.CodeUnauthenticated || got != (Identity{}) {
				t.Errorf("identityOf = %+v, %v; want nobody and unauthenticated", got, err)
			}
		})
	}
}
