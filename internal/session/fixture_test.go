package session_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/session"
	"github.com/maru-chat/maru/internal/wire"
)

const lobby chat.RoomID = "lobby"

// world is a service on memory, a handler on top, and two members of a lobby.
type world struct {
	*chattest.Service
	handler    *session.Handler
	alice, bob session.Peer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	service := chattest.NewService()
	w := &world{Service: service, handler: session.New(service.Service)}
	w.alice = w.signIn(t, "Alice")
	w.bob = w.signIn(t, "Bob")
	w.create(t, w.alice, lobby, chat.Public)
	if _, err := w.Join(t.Context(), w.bob.User, chat.Write{Room: lobby, ID: "join"}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) signIn(t *testing.T, name string) session.Peer {
	t.Helper()
	user, err := w.SignIn(t.Context(), "192.0.2.1", name)
	if err != nil {
		t.Fatal(err)
	}
	return session.Peer{Conn: chat.ConnID("conn of " + name), User: user.ID}
}

func (w *world) create(t *testing.T, owner session.Peer, room chat.RoomID, v chat.Visibility) {
	t.Helper()
	c := chat.Create{Write: chat.Write{Room: room, ID: "create"}, Title: string(room), Visibility: v}
	if _, err := w.Create(t.Context(), owner.User, c); err != nil {
		t.Fatal(err)
	}
}

// say handles one message and returns the frames that answer it; there must be no
// error for the log.
func (w *world) say(t *testing.T, peer session.Peer, lines ...string) []wire.ServerFrame {
	t.Helper()
	frames, err := w.try(t, peer, lines...)
	if err != nil {
		t.Fatalf("Handle(%s): %v", lines, err)
	}
	return frames
}

// try is say that also returns the error for the log.
func (w *world) try(t *testing.T, peer session.Peer, lines ...string) ([]wire.ServerFrame, error) {
	t.Helper()
	out, fault := w.handler.Handle(t.Context(), peer, []byte(strings.Join(lines, "\n")))
	var frames []wire.ServerFrame
	for _, line := range out {
		if len(line) > wire.MaxAnswer {
			t.Errorf("a frame of %d bytes: %.80s…", len(line), line)
		}
		checkSchema(t, line)
		frame, err := wire.DecodeServer(line)
		if err != nil {
			t.Fatalf("answered %s: %v", line, err)
		}
		frames = append(frames, frame)
	}
	return frames, fault
}

// answer handles one line that has one answer, of type F.
func answer[F wire.ServerFrame](t *testing.T, w *world, peer session.Peer, line string) F {
	t.Helper()
	frames := w.say(t, peer, line)
	if len(frames) != 1 {
		t.Fatalf("%s has %d answers: %v", line, len(frames), frames)
	}
	f, is := frames[0].(F)
	if !is {
		t.Fatalf("%s is answered by %s: %+v", line, frames[0].Type(), frames[0])
	}
	return f
}

// post sends a message as the entry id and returns its seq.
func (w *world) post(t *testing.T, peer session.Peer, id, text string) chat.Seq {
	t.Helper()
	line := fmt.Sprintf(`{"action":"send","ref":"r","room":"lobby","id":%q,"since":%q,"text":%q}`, id, w.head(t), text)
	return answer[*wire.Ack](t, w, peer, line).Seq
}

// head is the lobby's newest cursor.
func (w *world) head(t *testing.T) chat.Cursor {
	t.Helper()
	return w.headOf(t, lobby).Cursor
}

func (w *world) headOf(t *testing.T, room chat.RoomID) chat.Head {
	t.Helper()
	heads, err := w.Memory.Heads(t.Context(), []chat.RoomID{room})
	if err != nil {
		t.Fatal(err)
	}
	return heads[0]
}
