package session_test

import (
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/session"
	"github.com/maru-chat/maru/internal/wire"
)

// A client that may know of the room is told which rule forbids its frame.
func TestHandler_namesTheRuleThatForbids(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger, reader, banned := w.signIn(t, "Stranger"), w.signIn(t, "Reader"), w.signIn(t, "Banned")
	added := chat.AddMember{Write: chat.Write{Room: lobby, ID: "add"}, User: reader.User, Role: chat.RoleReader}
	if _, err := w.AddMember(t.Context(), w.alice.User, added); err != nil {
		t.Fatal(err)
	}
	w.ban(t, banned)
	post := w.post(t, w.alice, "p", "hello")

	const (
		onlyMembers    = "join the room first"
		onlyModerators = "only a moderator or an owner of the room may do that"
	)
	for rule, c := range map[string]struct {
		peer   session.Peer
		action string
		fields string
		want   string
	}{
		"a banned user posts":             {banned, "send", change + `,"text":"x"`, "this account is banned"},
		"a user who is no member joins":   {stranger, "join", `"room":"lobby"`, onlyMembers},
		"a user who is no member posts":   {stranger, "send", change + `,"text":"x"`, onlyMembers},
		"a reader posts":                  {reader, "send", change + `,"text":"x"`, "readers cannot write in this room"},
		"a reader pins":                   {reader, "pin", onPost, onlyModerators},
		"a member pins":                   {w.bob, "pin", onPost, onlyModerators},
		"a member deletes another's post": {w.bob, "delete", onPost, onlyModerators},
		"a member edits another's post":   {w.bob, "edit", onPost + `,"text":"x"`, "only the author may edit a post"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			line := row{required: c.fields}.line(c.action, w.head(t), post, w.bob.User)
			got := answer[*wire.Error](t, w, c.peer, line)
			if got.Code != chat.CodeForbidden || got.Message != c.want {
				t.Errorf("%s %q, want %s %q", got.Code, got.Message, chat.CodeForbidden, c.want)
			}
		})
	}
}

// ban has an operator ban the user.
func (w *world) ban(t *testing.T, peer session.Peer) {
	t.Helper()
	operator := w.signIn(t, "Operator")
	secret, err := w.OfferOperator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.ClaimOperator(t.Context(), operator.User, secret); err != nil {
		t.Fatal(err)
	}
	if err := w.Ban(t.Context(), operator.User, peer.User); err != nil {
		t.Fatal(err)
	}
}
