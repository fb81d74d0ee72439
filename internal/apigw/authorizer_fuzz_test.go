package apigw

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/maru-chat/maru/internal/wire"
)

// FuzzAuthorizer_Invoke looks for an event that makes the authorizer panic, or
// that is let in as maru.v1 without a valid token or from a page not allowed.
func FuzzAuthorizer_Invoke(f *testing.F) {
	for _, story := range readStories[authorizerStory](f, "authorizer") {
		f.Add([]byte(story.Event))
	}
	a := newAuthorizer(quiet)
	f.Fuzz(func(t *testing.T, payload []byte) {
		raw, err := a.Invoke(t.Context(), payload)
		if err != nil {
			return
		}
		var event connectRequest
		var answer permission
		if err := json.Unmarshal(payload, &event); err != nil {
			t.Fatalf("it answered an event that cannot be read: %v", err)
		}
		if err := json.Unmarshal(raw, &answer); err != nil || len(answer.PolicyDocument.Statement) != 1 {
			t.Fatalf("%v in %s", err, raw)
		}
		only := answer.PolicyDocument.Statement[0]
		if only.Resource != event.MethodARN {
			t.Errorf("it decides about %q, asked about %q", only.Resource, event.MethodARN)
		}
		if only.Effect != allow || answer.Context[contextKind] != string(KindMaru) {
			return
		}
		offered := event.subprotocols()
		isGood := slices.ContainsFunc(offered, func(p string) bool { return strings.HasPrefix(p, "bearer.good:") })
		if !isGood || !slices.Contains(offered, wire.Subprotocol) ||
			!slices.Contains(a.Origins, strings.ToLower(event.header("Origin"))) {
			t.Errorf("it lets in %q", payload)
		}
	})
}
