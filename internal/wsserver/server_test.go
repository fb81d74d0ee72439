package wsserver

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/wire"
)

func TestServer_openMaru(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	ann := h.signIn(t, "Ann")
	mine := bearerPrefix + string(ann.ID)
	t.Run("echoes maru.v1 and never the token", func(t *testing.T) {
		t.Parallel()
		for _, offered := range [][]string{{"maru.v1", mine}, {mine, "maru.v1"}} {
			if s := h.open(t, dialer(page, offered...), Path); s.protocol != "maru.v1" {
				t.Errorf("offered %d protocols, got %q", len(offered), s.protocol)
			}
		}
	})
	refusals := map[string]struct {
		origin    string
		protocols []string
		want      int
	}{
		"another page":                {"https://evil.example", []string{"maru.v1", mine}, http.StatusForbidden},
		"no page":                     {"", []string{"maru.v1", mine}, http.StatusForbidden},
		"a page below the origin":     {page + ".evil.example", []string{"maru.v1", mine}, http.StatusForbidden},
		"no token":                    {page, []string{"maru.v1"}, http.StatusUnauthorized},
		"a forged token":              {page, []string{"maru.v1", "bearer.forged"}, http.StatusUnauthorized},
		"a user who does not exist":   {page, []string{"maru.v1", "bearer.nobody"}, http.StatusUnauthorized},
		"a protocol that is not ours": {page, []string{"maru.v9", mine}, http.StatusBadRequest},
	}
	for name, c := range refusals {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			_, _, _, err := dialer(c.origin, c.protocols...).Dial(t.Context(), strings.Replace(h.url, "http", "ws", 1)+Path)
			if status, isStatus := err.(ws.StatusError); !isStatus || int(status) != c.want {
				t.Errorf("Dial failed with %v, want status %d", err, c.want)
			}
		})
	}
	t.Run("refuses a request that is not an upgrade with a problem", func(t *testing.T) {
		t.Parallel()
		res, err := http.Get(h.url + Path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var p wire.Problem
		if err := json.NewDecoder(res.Body).Decode(&p); err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusBadRequest || p.Code != chat.CodeInvalid || p.Detail == "" {
			t.Errorf("answered %s with %+v", res.Status, p)
		}
	})
	t.Run("says when to try again, as the API does", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		refuse(w, &chat.Error{Code: chat.CodeRateLimited, Msg: "too fast", RetryAfter: 1200 * time.Millisecond})
		var got wire.Problem
		if err := json.NewDecoder(w.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		want := wire.Problem{
			Type: "about:blank", Title: "Too Many Requests", Status: 429,
			Detail: "too fast", Code: chat.CodeRateLimited, RetryAfterMS: 1200,
		}
		if diff := cmp.Diff(want, got); diff != "" || w.Code != 429 || w.Header().Get("Retry-After") != "2" {
			t.Errorf("%d, Retry-After %q (-want +got):\n%s", w.Code, w.Header().Get("Retry-After"), diff)
		}
	})
	t.Run("says when to try again while it is stopping", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		refuse(w, errClosing)
		if w.Code != 503 || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), `"retry_after_ms":1000`) {
			t.Errorf("%d, %v, %s", w.Code, w.Header(), w.Body)
		}
	})
	t.Run("passes other requests on", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/", "/rooms", "/dev/chat"} {
			res, err := http.Get(h.url + path)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusTeapot {
				t.Errorf("%s answered %s", path, res.Status)
			}
		}
	})
}

// meet creates the room r with two members, who listen with a socket each.
func (h *home) meet(t *testing.T, ann, bob chat.User) (anns, bobs *socket) {
	t.Helper()
	_, err := h.Create(t.Context(), ann.ID, chat.Create{Write: chat.Write{Room: "r", ID: "c"}, Title: "Room", Visibility: chat.Public})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Join(t.Context(), bob.ID, chat.Write{Room: "r", ID: "j"}); err != nil {
		t.Fatal(err)
	}
	anns = h.open(t, dialer(page, "maru.v1", bearerPrefix+string(ann.ID)), Path)
	bobs = h.open(t, dialer(page, "maru.v1", bearerPrefix+string(bob.ID)), Path)
	for _, s := range []*socket{anns, bobs} {
		s.say(t, `{"action":"join","ref":"1","room":"r"}`)
		if got := s.line(t); !strings.HasPrefix(got, `{"type":"room.joined","ref":"1"`) {
			t.Fatalf("join was answered %s", got)
		}
	}
	return anns, bobs
}

// Nobody publishes a removal that became durable although its sender was told that it
// failed. The removed user still gets nothing that comes after it.
func TestServer_removal_that_failed(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	ann, bob := h.signIn(t, "Ann"), h.signIn(t, "Bob")
	anns, bobs := h.meet(t, ann, bob)
	h.faults.Fail(chattest.OpAppend, 1, chattest.SavedButFailed)
	removal := chat.Remove{Write: chat.Write{Room: "r"}, User: bob.ID}
	if _, err := h.Remove(t.Context(), ann.ID, removal); chat.CodeOf(err) != chat.CodeUnavailable {
		t.Fatalf("the removal: %v, want unavailable", err)
	}
	if _, err := h.Send(t.Context(), ann.ID, chat.Send{Write: chat.Write{Room: "r"}, Text: "secret"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"kind":"removed"`, "secret"} {
		if got := anns.line(t); !strings.Contains(got, want) {
			t.Errorf("ann was told %s, want %s", got, want)
		}
	}
	h.hub.Tell(t.Context(), bob.ID, chat.RoomGained{Room: "another"})
	for _, want := range []string{`"kind":"removed"`, "another"} {
		if got := bobs.line(t); !strings.Contains(got, want) {
			t.Errorf("bob was told %s, want %s", got, want)
		}
	}
}

func TestServer_talk(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	ann, bob := h.signIn(t, "Ann"), h.signIn(t, "Bob")
	anns, bobs := h.meet(t, ann, bob)
	anns.say(t, `{"action":"send","ref":"2","room":"r","id":"m1","since":"0","text":"안녕"}`)
	frames := map[string]bool{}
	for range 2 {
		f, err := wire.DecodeServer([]byte(anns.line(t)))
		if err != nil {
			t.Fatal(err)
		}
		frames[f.Type()] = true
	}
	if diff := cmp.Diff(map[string]bool{"ack": true, "entry.appended": true}, frames); diff != "" {
		t.Errorf("the sender got (-want +got):\n%s", diff)
	}
	if got := bobs.line(t); !strings.Contains(got, `"type":"entry.appended"`) || !strings.Contains(got, "안녕") {
		t.Errorf("the other got %s", got)
	}

	t.Run("a banned user loses every socket", func(t *testing.T) {
		h.hub.Tell(t.Context(), bob.ID, chat.SignedOut{Reason: "banned"})
		if got := bobs.line(t); !strings.Contains(got, wire.ReasonSignedOut) {
			t.Errorf("the banned got %s", got)
		}
		if _, err := wsutil.ReadServerText(bobs); err == nil {
			t.Error("the socket is still open")
		}
	})
	t.Run("shutting down is announced", func(t *testing.T) {
		done := make(chan error, 1)
		go func() { done <- h.hub.Shutdown(context.Background()) }()
		if got := anns.line(t); !strings.Contains(got, wire.ReasonShutdown) {
			t.Errorf("got %s", got)
		}
		_, err := wsutil.ReadServerText(anns) // answers the close frame
		if _, isClosed := err.(wsutil.ClosedError); !isClosed {
			t.Errorf("the socket ended with %v, want a close frame", err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		res, err := http.Get(h.url + "/")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		_, _, _, err = dialer(page, "maru.v1", bearerPrefix+string(ann.ID)).Dial(t.Context(), strings.Replace(h.url, "http", "ws", 1)+Path)
		if status, isStatus := err.(ws.StatusError); !isStatus || int(status) != http.StatusServiceUnavailable {
			t.Errorf("a new socket: %v, want status 503", err)
		}
	})
}

func TestServer_openClassic(t *testing.T) {
	t.Parallel()
	old := func(query url.Values) string { return "/?" + query.Encode() }
	query := func(room, user string) url.Values { return url.Values{"room_id": {room}, "user_id": {user}} }
	t.Run("pushes each post, to the sender too, and nothing else", func(t *testing.T) {
		t.Parallel()
		h := newHome(t)
		sockets := []*socket{
			h.open(t, dialer("https://anywhere.example"), old(query("로비", "u1"))),
			h.open(t, dialer(""), "/dev"+old(query("로비", "42"))),
		}
		for _, s := range sockets {
			s.say(t, `{"message":"ping"}`)
		}
		sender := chat.Classic{Room: "로비", User: "u1", Name: "유저", Address: "127.0.0.1"}
		entry, present, err := h.ClassicSend(t.Context(), sender, "<점심?>")
		if err != nil {
			t.Fatal(err)
		}
		want := wire.ClassicMessage{RoomID: "로비", Timestamp: entry.At.UnixMilli(), Message: "<점심?>", UserID: "u1", Name: "유저"}
		for i, s := range sockets {
			var got wire.ClassicMessage
			line := s.line(t)
			if err := json.Unmarshal([]byte(line), &got); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(line, want.Message) {
				t.Errorf("HTML is escaped: %s", line)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("socket %d was told (-want +got):\n%s", i, diff)
			}
		}
		if len(present) != 2 {
			t.Errorf("%d are present, want 2", len(present))
		}
	})
	t.Run("refuses a room or a user without a name", func(t *testing.T) {
		t.Parallel()
		h := newHome(t)
		for _, q := range []url.Values{query("", "u"), query("r", ""), {}} {
			_, _, _, err := dialer("").Dial(t.Context(), strings.Replace(h.url, "http", "ws", 1)+old(q))
			if status, isStatus := err.(ws.StatusError); !isStatus || int(status) != http.StatusBadRequest {
				t.Errorf("%v: Dial failed with %v, want status 400", q, err)
			}
		}
	})
	t.Run("can be switched off", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, func(o *Options) { o.Classic = false })
		_, _, _, err := dialer("").Dial(t.Context(), strings.Replace(h.url, "http", "ws", 1)+old(query("r", "u")))
		if status, isStatus := err.(ws.StatusError); !isStatus || int(status) != http.StatusTeapot {
			t.Errorf("Dial failed with %v, want the request passed on", err)
		}
	})
}

func TestServer_upgrade_keeps_what_came_with_it(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	ann := h.signIn(t, "Ann")
	stream, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	request := "GET /socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: " + page +
		"\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: maru.v1, bearer." +
		string(ann.ID) + "\r\n\r\n"
	if _, err := stream.Write(append([]byte(request), mask(text(`{"action":"nap","ref":"1"}`))...)); err != nil {
		t.Fatal(err)
	}
	if err := stream.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for !strings.Contains(got.String(), "unknown action") {
		if _, err := io.CopyN(&got, stream, 1); err != nil {
			t.Fatalf("%v after %q", err, got.String())
		}
	}
}
