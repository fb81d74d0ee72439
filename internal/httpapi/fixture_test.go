package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

// server is a Handler on a service in memory.
type server struct {
	*Handler
	t       testing.TB
	service *chattest.Service
	log     *bytes.Buffer
}

const publicURL = "https://chat.example.org"

func newServer(t testing.TB, change ...func(*Options)) *server {
	t.Helper()
	s := &server{t: t, service: chattest.NewService(), log: &bytes.Buffer{}}
	options := Options{
		Service: s.service.Service, Tokens: fakeTokens{},
		Log:       slog.New(slog.NewJSONHandler(s.log, nil)),
		PublicURL: publicURL, Origins: []string{publicURL, "https://other.example.org"},
		Socket: "wss://chat.example.org/socket", Classic: true, Version: "test",
		Page: fstest.MapFS{
			"index.html":            {Data: []byte("<title>Maru</title>")},
			"favicon.svg":           {Data: []byte("<svg/>")},
			"assets/main-abc123.js": {Data: []byte("void 0")},
		},
	}
	for _, f := range change {
		f(&options)
	}
	s.Handler = New(options)
	return s
}

// request is one HTTP request of a test.
type request struct {
	method, path string
	as           string // the user whose token is sent; "" for none
	token        string // sent as it is
	body         string
	headers      map[string]string
}

func (s *server) do(q request) *httptest.ResponseRecorder {
	s.t.Helper()
	var body io.Reader
	if q.body != "" {
		body = strings.NewReader(q.body)
	}
	r := httptest.NewRequestWithContext(s.t.Context(), q.method, "/", body)
	path, query, _ := strings.Cut(q.path, "?")
	r.URL.Path, r.URL.RawQuery = path, query
	if q.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if q.as != "" {
		q.token = "good:" + q.as
	}
	if q.token != "" {
		r.Header.Set("Authorization", "Bearer "+q.token)
	}
	for name, value := range q.headers {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// must sends a request, which has to succeed, and decodes its answer.
func must[B any](s *server, q request) B {
	s.t.Helper()
	w := s.do(q)
	var body B
	if w.Code != http.StatusOK {
		s.t.Fatalf("%s %s: %d %s", q.method, q.path, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		s.t.Fatalf("%s %s: %v in %s", q.method, q.path, err, w.Body)
	}
	return body
}

// refusal does a request that fails and reads its problem.
func (s *server) refused(q request) (Problem, http.Header) {
	s.t.Helper()
	w := s.do(q)
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code < 400 {
		s.t.Fatalf("%s %s: %d %s; want a problem (%v)", q.method, q.path, w.Code, w.Body, err)
	}
	if p.Status != w.Code || p.Detail == "" || p.Code == "" || w.Header().Get("Content-Type") != "application/problem+json" {
		s.t.Errorf("%s %s: %d, %v, not a whole problem: %s", q.method, q.path, w.Code, w.Header(), w.Body)
	}
	return p, w.Header()
}

// signUp makes a guest and returns its id.
func (s *server) signUp(name string) string {
	s.t.Helper()
	session := must[Session](s, request{method: "POST", path: "/session", body: `{"name":` + strconv.Quote(name) + `}`})
	return string(session.User.ID)
}

// createRoom makes a room whose owner is the user.
func (s *server) createRoom(owner, id string, visibility chat.Visibility) {
	s.t.Helper()
	must[struct{}](s, request{
		method: "POST", path: "/rooms", as: owner,
		body: `{"room":"` + id + `","title":"` + id + `","visibility":"` + string(visibility) + `"}`,
	})
}

// post sends a message, which HTTP has no route for.
func (s *server) post(author, room, text string, mentions ...chat.UserID) chat.Seq {
	s.t.Helper()
	written, err := s.service.Send(s.t.Context(), chat.UserID(author), chat.Send{
		Write: chat.Write{Room: chat.RoomID(room)}, Text: text, Mentions: mentions,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return written.Seq
}

// fakeTokens accepts "good:USER", and "old:USER" as a token that is to be renewed.
type fakeTokens struct{}

var tokenEnd = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)

func (fakeTokens) Issue(user chat.UserID) (string, time.Time, error) {
	return "good:" + string(user), tokenEnd, nil
}

func (fakeTokens) Verify(_ context.Context, token string) (chat.UserID, time.Time, error) {
	kind, user, _ := strings.Cut(token, ":")
	if kind != "good" && kind != "old" {
		return "", time.Time{}, chat.Errorf(chat.CodeUnauthenticated, "the token ran out: sign in again")
	}
	return chat.UserID(user), tokenEnd, nil
}

func (fakeTokens) Renew(_ context.Context, token string) (string, time.Time, error) {
	return strings.Replace(token, "old:", "good:", 1), tokenEnd, nil
}

var errBroken = errors.New("the disk is on fire")
