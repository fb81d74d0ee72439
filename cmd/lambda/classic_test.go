package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/httpapi"
)

// noTokens is for an API to which nobody signs in.
type noTokens struct{ httpapi.Tokens }

// maxClassic is what GET /chat may be as a function's answer, its frame
// included.
const maxClassic = 4<<20 + 1<<10

// TestClassicGet_is_bounded_as_it_is_encoded fills rooms with words whose
// encoding grows in different ways, beyond what one answer holds.
func TestClassicGet_is_bounded_as_it_is_encoded(t *testing.T) {
	t.Parallel()
	for name, word := range map[string]string{
		"quotes, escaped twice":    `"`,
		"Korean":                   "가",
		"what HTML would escape":   "<",
		"separators of ECMAScript": "a\u2028",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := chattest.NewService()
			text := strings.Repeat(word, chat.MaxText/len([]rune(word))-1) + "."
			fill(t, service.Service, text)
			api := apigw.NewHTTP(httpapi.New(httpapi.Options{
				Service: service.Service, Tokens: noTokens{}, Log: quiet, Classic: true, Version: "test",
			}), quiet)
			raw, err := api.Invoke(t.Context(), []byte(`{"rawPath":"/chat","rawQueryString":"room_id=full",`+
				`"requestContext":{"http":{"method":"GET","sourceIp":"192.0.2.1"}}}`))
			if err != nil || len(raw) > maxClassic || len(raw) < maxClassic/8 {
				t.Fatalf("the answer has %d bytes, %v; want at most %d", len(raw), err, maxClassic)
			}
			var answer struct {
				StatusCode int               `json:"statusCode"`
				Headers    map[string]string `json:"headers"`
				Body       string            `json:"body"`
			}
			var messages []struct{ Message string }
			if err := json.Unmarshal(raw, &answer); err != nil || answer.StatusCode != http.StatusOK {
				t.Fatalf("status %d, %v", answer.StatusCode, err)
			}
			if err := json.Unmarshal([]byte(answer.Body), &messages); err != nil || answer.Headers["Link"] == "" {
				t.Errorf("%v; the link to the rest is %q", err, answer.Headers["Link"])
			}
			for _, m := range messages {
				if m.Message != text {
					t.Fatalf("a message came back as %.40q", m.Message)
				}
			}
		})
	}
}

// fill writes the text until the room holds more than one answer does.
func fill(t *testing.T, service *chat.Service, text string) {
	t.Helper()
	encoded, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	classic := chat.Classic{Room: "full", User: "mina", Address: "192.0.2.1"}
	for range maxClassic/len(encoded) + 10 {
		if _, _, err := service.ClassicSend(t.Context(), classic, text); err != nil {
			t.Fatal(err)
		}
	}
}
