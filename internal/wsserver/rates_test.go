package wsserver

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// TestServer_rates shows how a client that sends too fast is answered at the default
// rates: 10 entries at once, then 2 a second.
func TestServer_rates(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	ann := h.signIn(t, "Ann")
	if _, err := h.Create(t.Context(), ann.ID, chat.Create{
		Write: chat.Write{Room: "r", ID: "c"}, Title: "Room", Visibility: chat.Public,
	}); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(time.Minute) // so that nothing is left of what that took
	s := h.open(t, dialer(page, "maru.v1", bearerPrefix+string(ann.ID)), Path)
	frame := func(i int) string {
		return fmt.Sprintf(`{"action":"send","ref":"%d","room":"r","id":"e%d","since":"0","text":"hi"}`, i, i)
	}
	answer := func() wire.ServerFrame {
		t.Helper()
		f, err := wire.DecodeServer([]byte(s.line(t)))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	acked := func(i int) {
		t.Helper()
		f := answer()
		if ack, isAck := f.(*wire.Ack); !isAck || ack.Ref != fmt.Sprint(i) || ack.Existed {
			t.Errorf("entry %d was answered by %+v, want an ack of what is new", i, f)
		}
	}
	refused := func(i int) (retryAfter time.Duration) {
		t.Helper()
		f := answer()
		refused, isError := f.(*wire.Error)
		if !isError || refused.Ref != fmt.Sprint(i) || refused.Code != chat.CodeRateLimited {
			t.Fatalf("entry %d was answered by %+v, want rate_limited", i, f)
		}
		return time.Duration(refused.RetryAfterMS) * time.Millisecond
	}

	var lines []string
	for i := range 11 {
		lines = append(lines, frame(i))
	}
	s.say(t, strings.Join(lines, "\n"))
	for i := range 10 {
		acked(i)
	}
	wait := refused(10)
	if wait <= 0 || wait > 500*time.Millisecond {
		t.Fatalf("told to wait for %v, want more than nothing and at most 500ms", wait)
	}

	h.clock.Advance(wait - time.Millisecond)
	s.say(t, frame(10))
	if left := refused(10); left != time.Millisecond {
		t.Errorf("a millisecond early: told to wait for %v, want 1ms", left)
	}
	h.clock.Advance(time.Millisecond)
	s.say(t, frame(10))
	acked(10)

	s.say(t, frame(11))
	if again := refused(11); again != 500*time.Millisecond {
		t.Errorf("the next at once: told to wait for %v, want 500ms", again)
	}
	h.clock.Advance(time.Second)
	s.say(t, strings.Join([]string{frame(11), frame(12), frame(13)}, "\n"))
	acked(11)
	acked(12)
	refused(13)
}
