package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"github.com/maru-chat/maru/e2e/socket"
	"github.com/maru-chat/maru/internal/httpapi"
)

// TestServe_settings shows that a server follows each setting, given as a flag or
// as a variable.
func TestServe_settings(t *testing.T) {
	for source, told := range map[string]func(t *testing.T, setting, value string) (args []string){
		"by flags": func(_ *testing.T, setting, value string) []string {
			return []string{"--" + setting + "=" + value}
		},
		"by variables": func(t *testing.T, setting, value string) []string {
			t.Setenv("MARU_"+strings.ToUpper(strings.ReplaceAll(setting, "-", "_")), value)
			return nil
		},
	} {
		t.Run("data lands in the folder, "+source, func(t *testing.T) {
			t.Chdir(t.TempDir()) // where the default folder would be made
			data := filepath.Join(t.TempDir(), "new", "data")
			s := start(t, told(t, "data", data)...)
			signIn(t, s.url)
			if o := s.stop(); o.code != 0 || !exists(filepath.Join(data, "maru.db")) || !exists(filepath.Join(data, keyFile)) {
				t.Errorf("closed with %+v; want 0, the database and the key in %s", o, data)
			}
			if exists("data") {
				t.Error("the default folder was made")
			}
		})

		t.Run("people find it at the public URL, "+source, func(t *testing.T) {
			s := start(t, append(told(t, "public-url", "https://Chat.Example.org:443/"), "--data", t.TempDir())...)
			if s.url != "https://chat.example.org" || !strings.Contains(s.stdout, " https://chat.example.org/#operator=") {
				t.Errorf("it says %q; want the URL, in the operator's link too", s.stdout)
			}
			s.url = "http://" + s.said("Maru listens on ")
			if got := configOf(t, s.url).Socket; got != "wss://chat.example.org/socket" {
				t.Errorf("the socket is at %s", got)
			}
			s.expectOrigins(map[string]bool{"https://chat.example.org": true, s.url: false, "": false})
		})

		t.Run("further pages may use it, "+source, func(t *testing.T) {
			s := start(t, append(told(t, "origins", "https://One.example.org/,http://two.example.org:8000"), "--data", t.TempDir())...)
			s.expectOrigins(map[string]bool{
				"https://one.example.org": true, "http://two.example.org:8000": true, s.url: true,
				"http://one.example.org": false, "http://two.example.org": false, "https://three.example.org": false,
			})
		})

		t.Run("the classic API is answered or not, "+source, func(t *testing.T) {
			for value, isAnswered := range map[string]bool{"true": true, "false": false} {
				s := start(t, append(told(t, "classic", value), "--data", t.TempDir())...)
				if got := configOf(t, s.url).Classic; got != isAnswered {
					t.Errorf("classic=%s: config.json says %v", value, got)
				}
				status, body := do(t, "PUT", s.url+"/chat", "", `{"room_id":"a","text":"b","user_id":"c"}`)
				if want := map[bool]int{true: 200, false: 404}[isAnswered]; status != want {
					t.Errorf("classic=%s: PUT /chat: %d %s, want %d", value, status, body, want)
				}
				conn, err := socket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/?room_id=a&user_id=b", nil)
				if isOpen := err == nil; isOpen != isAnswered {
					t.Errorf("classic=%s: a classic socket: %v", value, err)
				}
				if err == nil {
					_ = conn.Close()
				}
			}
		})
	}

	t.Run("a flag overrides its variable", func(t *testing.T) {
		flag, variable := filepath.Join(t.TempDir(), "flag"), filepath.Join(t.TempDir(), "variable")
		t.Setenv("MARU_DATA", variable)
		t.Setenv("MARU_CLASSIC", "false")
		s := start(t, "--data", flag, "--classic")
		if !exists(flag) || exists(variable) || !configOf(t, s.url).Classic {
			t.Error("the variable was followed")
		}
	})
}

// configOf returns what a server tells its pages.
func configOf(t *testing.T, url string) (c httpapi.Config) {
	t.Helper()
	status, body := do(t, "GET", url+"/config.json", "", "")
	if err := json.Unmarshal([]byte(body), &c); err != nil || status != 200 {
		t.Fatalf("config.json: %d %s, %v", status, body, err)
	}
	return c
}

// expectOrigins fails unless pages of the origins with true may open a socket and
// read the API's answers, and pages of the others may not.
func (s *running) expectOrigins(origins map[string]bool) {
	s.t.Helper()
	token := signIn(s.t, s.url)
	for origin, isAllowed := range origins {
		conn, err := socket.Dial(s.t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/socket",
			http.Header{"Origin": {origin}}, "maru.v1", "bearer."+token)
		if err == nil {
			_ = conn.Close()
		}
		var refused ws.StatusError
		if errors.As(err, &refused); (err == nil) != isAllowed || !isAllowed && refused != http.StatusForbidden {
			s.t.Errorf("a socket from %q: %v; may it: %v", origin, err, isAllowed)
		}
		want := map[bool]string{true: origin, false: ""}[isAllowed]
		if got := s.allowedOrigin(origin); got != want {
			s.t.Errorf("the API lets %q read what %q asked, want %q", got, origin, want)
		}
	}
}

// allowedOrigin returns the origin whose pages may read the API's answer to a
// page of the given origin.
func (s *running) allowedOrigin(origin string) string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), "GET", s.url+"/session", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Origin", origin)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.Header.Get("Access-Control-Allow-Origin")
}
