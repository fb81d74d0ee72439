package session_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/session"
	"github.com/maru-chat/maru/internal/wire"
)

// Whatever a message holds: no frame meets a defect, no answer is too long, and
// every line that is not blank is answered or carried out.
func FuzzHandler(f *testing.F) {
	for _, frame := range wire.ClientFrames() {
		f.Add(wire.EncodeClient(frame))
	}
	for action, row := range misuses {
		fields := strings.NewReplacer("SINCE", `"2.00000000"`, "POST", "3").Replace(row.fields)
		f.Add([]byte(`{"action":"` + action + `","ref":"1",` + fields + `}`))
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
