package httpapi

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/maru-chat/maru/internal/chat"
)

// checkAnswer fails for answers that no request may get: a 5xx, a body that is not
// JSON in UTF-8, or a refusal that is not a problem.
func checkAnswer(t *testing.T, s *server, q request) {
	t.Helper()
	here := *s // whose t is the target's, which may not be used in here
	here.t = t
	w := here.do(q)
	if w.Code >= http.StatusInternalServerError {
		t.Fatalf("%s %q %q: %d %s\n%s", q.method, q.path, q.body, w.Code, w.Body, s.log)
	}
	if !json.Valid(w.Body.Bytes()) || !utf8.Valid(w.Body.Bytes()) {
		t.Fatalf("%s %q %q: %d, not JSON: %q", q.method, q.path, q.body, w.Code, w.Body)
	}
	var p Problem
	if w.Code >= 400 && (json.Unmarshal(w.Body.Bytes(), &p) != nil || p.Code == "" || p.Detail == "") {
		t.Fatalf("%s %q %q: %d, not a problem: %s", q.method, q.path, q.body, w.Code, w.Body)
	}
	if w.Code < 400 && !utf8.ValidString(q.body) {
		t.Fatalf("%s %q: a body that is not UTF-8 was accepted: %q", q.method, q.path, q.body)
	}
}

// FuzzBodies sends any body to every route that reads one.
func FuzzBodies(f *testing.F) {
	var routes []string
	for route, r := range rows {
		if r.fields == nil {
			continue
		}
		routes = append(routes, route)
		good, err := json.Marshal(r.fields)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(good))
	}
	for _, body := range []string{"", "null", "[]", "{}", `{"name":null}`, `{"name":1e999}`, `{"name":"\ud800"}`, "\xff", `{"since":"1.0"}`, `{"title":"a","title":"b"}`, strings.Repeat("[", 5000)} {
		f.Add(body)
	}
	s := newServer(f)
	user := s.signUp("Fuzz")
	s.createRoom(user, "mine", chat.Public)
	f.Fuzz(func(t *testing.T, body string) {
		s.log.Reset()
		for _, route := range routes {
			method, path, _ := strings.Cut(route, " ")
			path = strings.NewReplacer("{room}", "mine", "{user}", user, "{seq}", "1").Replace(path)
			checkAnswer(t, s, request{method: method, path: path, as: user, body: body})
		}
	})
}

// FuzzSearch searches for anything, with any page.
func FuzzSearch(f *testing.F) {
	for _, seed := range [][2]string{{"hello", ""}, {"점심", "1"}, {`"a" OR b*`, ""}, {"\x00", "x"}, {"\xff", "\xff"}, {" ", "1.2.room"}, {"-NEAR(", "9223372036854775808.1.a"}} {
		f.Add(seed[0], seed[1])
	}
	s := newServer(f)
	user := s.signUp("Fuzz")
	s.createRoom(user, "mine", chat.Private)
	s.post(user, "mine", "hello 점심 식사")
	f.Fuzz(func(t *testing.T, text, before string) {
		s.log.Reset()
		query := url.Values{"q": {text}, "before": {before}}.Encode()
		checkAnswer(t, s, request{method: "GET", path: "/search?" + query, as: user})
		checkAnswer(t, s, request{method: "GET", path: "/mentions?" + query, as: user})
	})
}

// FuzzClassic puts anything into any classic room and gets it back.
func FuzzClassic(f *testing.F) {
	for _, body := range []string{
		`{"room_id":"lobby","text":"hi","user_id":"u","name":"U"}`, `{"room_id":"방","text":"<&>\u2028","user_id":12345678901234567890,"name":""}`,
		`{"room_id":"a\u0000b","text":"x","user_id":1e3}`, `{"room_id":["lobby"]}`, `{"user_id":-0}`, "\xff", "", `{"room_id":"c-x","text":"` + strings.Repeat("가", 4001) + `","user_id":"u"}`,
	} {
		f.Add(body, "lobby")
	}
	var s *server
	runs := 0
	f.Fuzz(func(t *testing.T, body, room string) {
		if runs%500 == 0 { // or the rooms would grow, and each run would read them
			s = newServer(t)
		}
		runs++
		s.log.Reset()
		checkAnswer(t, s, request{method: "PUT", path: "/chat", body: body})
		checkAnswer(t, s, request{method: "GET", path: "/chat?" + url.Values{"room_id": {room}}.Encode()})
		var put classicPut
		if json.Unmarshal([]byte(body), &put) == nil {
			checkAnswer(t, s, request{method: "GET", path: "/dev/chat?" + url.Values{"room_id": {put.RoomID}}.Encode()})
		}
	})
}
