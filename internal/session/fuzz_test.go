package session_test

import (
	"bytes"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/session"
	"github.com/maru-chat/maru/internal/wire"
)

// Whatever a message holds, there is no error for the log, no answer is too long,
// and every answer can be decoded.
func FuzzHandler(f *testing.F) {
	for _, frame := range wire.ClientFrames() {
		f.Add(wire.EncodeClient(frame))
	}
	for action, row := range misuses {
		f.Add([]byte(row.line(action, chat.Cursor{Seq: 2, Tag: "00000000"}, 3, "bob")))
	}
	f.Add([]byte("{\"action\":\"hide\",\"hidden\":true}\n\n{\"action\":\"hide\",\"hidden\":1}\nx"))
	f.Fuzz(func(t *testing.T, message []byte) {
		service := chattest.NewService()
		user, err := service.SignIn(t.Context(), "192.0.2.1", "Alice")
		if err != nil {
			t.Fatal(err)
		}
		out, fault := session.New(service.Service).Handle(t.Context(), session.Peer{Conn: "c", User: user.ID}, message)
		if fault != nil {
			t.Fatalf("the log hears %v", fault)
		}
		for _, line := range out {
			if len(line) > wire.MaxAnswer || bytes.ContainsRune(line, '\n') {
				t.Errorf("answered %q", line)
			}
			if _, err := wire.DecodeServer(line); err != nil {
				t.Errorf("answered %q: %v", line, err)
			}
		}
	})
}
