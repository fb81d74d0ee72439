package wsserver

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/session"
)

const page = "https://chat.example.org"

// tokens accepts a user's id as a token of that user.
type tokens struct{}

func (tokens) Verify(_ context.Context, token string) (chat.UserID, time.Time, error) {
	switch token {
	case "forged":
		return "", time.Time{}, chat.Errorf(chat.CodeUnauthenticated, "the token is not ours")
	case "expired":
		return "", time.Time{}, chat.Errorf(chat.CodeUnauthenticated, "the token ran out: sign in again")
	}
	return chat.UserID(token), time.Time{}, nil
}

// home is a resident Maru without a disk.
type home struct {
	*chat.Service
	hub    *Hub
	faults *chattest.FaultStore
	clock  *chattest.Clock // of the service and its rates
	url    string
}

func newHome(t *testing.T, change ...func(*Options)) *home {
	t.Helper()
	memory := chattest.NewFaultStore(chattest.NewMemory())
	hub := NewHub(memory, Limits{})
	ids, clock := &chattest.IDs{}, chattest.NewClock(time.Now())
	service := chat.NewService(chat.Ports{
		Log: memory, Rooms: memory, Members: memory, Marks: memory, Accounts: memory, Search: memory,
		Subscriptions: hub, Audience: hub, Limiter: chattest.NewLimiter(clock.Now),
	}, clock.Now, ids.New)
	options := Options{
		Hub: hub, Service: service, Session: session.New(service), Tokens: tokens{},
		Origins: []string{page}, Classic: true, Log: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&options)
	}
	rest := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	server := httptest.NewServer(NewServer(options).Handler(rest))
	t.Cleanup(func() {
		server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := hub.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return &home{Service: service, hub: hub, faults: memory, clock: clock, url: server.URL}
}

func (h *home) signIn(t *testing.T, name string) chat.User {
	t.Helper()
	user, err := h.SignIn(t.Context(), "127.0.0.1", name)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// dialer dials as a browser that shows the page and offers the subprotocols.
func dialer(origin string, protocols ...string) ws.Dialer {
	return ws.Dialer{
		Protocols: protocols, Timeout: 5 * time.Second,
		Header: ws.HandshakeHeaderHTTP(http.Header{"Origin": {origin}}),
	}
}

// socket is the client's end of a real WebSocket.
type socket struct {
	net.Conn
	protocol string
	waiting  [][]byte
}

func (h *home) open(t *testing.T, d ws.Dialer, path string) *socket {
	t.Helper()
	stream, early, hs, err := d.Dial(t.Context(), strings.Replace(h.url, "http", "ws", 1)+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stream.Close() })
	if early != nil {
		t.Fatal("the server spoke before it was asked")
	}
	if err := stream.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &socket{Conn: stream, protocol: hs.Protocol}
}

func (s *socket) say(t *testing.T, frame string) {
	t.Helper()
	if err := wsutil.WriteClientText(s, []byte(frame)); err != nil {
		t.Fatal(err)
	}
}

// line waits for the next frame.
func (s *socket) line(t *testing.T) string {
	t.Helper()
	if len(s.waiting) == 0 {
		text, err := wsutil.ReadServerText(s)
		if err != nil {
			t.Fatal(err)
		}
		s.waiting = bytes.Split(text, []byte("\n"))
	}
	next := s.waiting[0]
	s.waiting = s.waiting[1:]
	return string(next)
}
