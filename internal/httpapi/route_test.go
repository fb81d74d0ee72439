package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// browser has the headers with which a browser opens an address.
var browser = map[string]string{"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

func TestPage(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, tc := range map[string]struct {
		path, body, cache string
		status            int
	}{
		"the page itself":                         {"/", "<title>Maru</title>", "no-cache", 200},
		"index.html by name":                      {"/index.html", "<title>Maru</title>", "no-cache", 200},
		"a path that nobody knows":                {"/lobby", "<title>Maru</title>", "no-cache", 200},
		"a path below one that nobody knows":      {"/r/some-room", "<a href=\"/\">Found</a>.", "no-cache", 302},
		"an address that climbs out":              {"/../../etc/passwd", "<a href=\"/\">Found</a>.", "no-cache", 302},
		"a folder":                                {"/assets", "<title>Maru</title>", "no-cache", 200},
		"a file":                                  {"/favicon.svg", "<svg/>", "no-cache", 200},
		"a file whose name carries a hash":        {"/assets/main-abc123.js", "void 0", "public, max-age=31536000, immutable", 200},
		"a query changes nothing of what is sent": {"/favicon.svg?v=2", "<svg/>", "no-cache", 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := s.do(request{method: "GET", path: tc.path, headers: browser})
			if w.Code != tc.status || strings.TrimSpace(w.Body.String()) != tc.body || w.Header().Get("Cache-Control") != tc.cache {
				t.Errorf("%d %q %q, want %d %q %q", w.Code, w.Body, w.Header().Get("Cache-Control"), tc.status, tc.body, tc.cache)
			}
			policy := w.Header().Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'none'", "script-src 'self';", "connect-src 'self' wss://chat.example.org;", "frame-ancestors 'none'"} {
				if !strings.Contains(policy, want) {
					t.Errorf("the policy %q lacks %q", policy, want)
				}
			}
			if strings.Contains(policy, "unsafe") {
				t.Errorf("the policy %q is not strict", policy)
			}
			for header, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Strict-Transport-Security": "max-age=31536000",
			} {
				if got := w.Header().Get(header); got != want {
					t.Errorf("%s: %q, want %q", header, got, want)
				}
			}
		})
	}

	for name, q := range map[string]request{
		"a hashed file of another build is gone":          {path: "/assets/main-000000.js", headers: browser},
		"a folder of files is none":                       {path: "/assets/none/", headers: browser},
		"a program is not led to the page":                {path: "/lobby"},
		"a program that takes anything is not led either": {path: "/lobby", headers: map[string]string{"Accept": "*/*"}},
		"a misspelt route is no route":                    {path: "/rooms/x/typo", headers: map[string]string{"Accept": "application/json"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, q.method = range []string{"GET", "HEAD"} {
				p, header := s.refused(q)
				if p.Status != 404 || header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(header.Get("Content-Security-Policy"), "default-src 'none'; frame-ancestors") {
					t.Errorf("%s: %d, %v; want 404, kept by nobody", q.method, p.Status, header)
				}
			}
		})
	}

	t.Run("a program gets the page at / and the page's files", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/", "/index.html", "/favicon.svg", "/assets/main-abc123.js"} {
			if w := s.do(request{method: "GET", path: path}); w.Code != 200 {
				t.Errorf("%s: %d, want 200", path, w.Code)
			}
		}
	})

	t.Run("the page's paths are not found if another host serves it", func(t *testing.T) {
		t.Parallel()
		s := newServer(t, func(o *Options) { o.Page = nil })
		if p, _ := s.refused(request{method: "GET", path: "/"}); p.Status != 404 {
			t.Errorf("%d, want 404", p.Status)
		}
	})
}

func TestRoute(t *testing.T) {
	t.Parallel()

	t.Run("a wrong method is answered with those that are allowed", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		p, header := s.refused(request{method: "DELETE", path: "/search"})
		if p.Status != 405 || header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%d, Allow %q; want 405 and GET, HEAD", p.Status, header.Get("Allow"))
		}
	})

	t.Run("a wrong method of the classic API is answered so too", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		for _, q := range []request{{method: "POST", path: "/chat"}, {method: "DELETE", path: "/dev/chat"}} {
			p, header := s.refused(q)
			if p.Status != 405 || header.Get("Allow") != "GET, HEAD, PUT" {
				t.Errorf("%s %s: %d, Allow %q; want 405 and GET, HEAD, PUT", q.method, q.path, p.Status, header.Get("Allow"))
			}
		}
		off := newServer(t, func(o *Options) { o.Classic = false })
		if p, _ := off.refused(request{method: "POST", path: "/chat"}); p.Status != 404 {
			t.Errorf("switched off: %d, want 404", p.Status)
		}
	})

	t.Run("an unknown path is not found", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		if p, _ := s.refused(request{method: "POST", path: "/nothing"}); p.Status != 404 {
			t.Errorf("%d, want 404", p.Status)
		}
	})

	t.Run("answers of the API are not cached", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		user := s.signUp("Mina")
		for _, q := range []request{{method: "GET", path: "/session", as: user}, {method: "GET", path: "/session"}, {method: "POST", path: "/nothing"}} {
			header := s.do(q).Header()
			if header.Get("Cache-Control") != "no-store" || header.Get("X-Content-Type-Options") != "nosniff" ||
				!strings.HasPrefix(header.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("%s %s: %v", q.method, q.path, header)
			}
		}
	})

	t.Run("readiness depends on the store, health does not", func(t *testing.T) {
		t.Parallel()
		s := newServer(t, func(o *Options) { o.Ready = func(context.Context) error { return errBroken } })
		if p, _ := s.refused(request{method: "GET", path: "/readyz"}); p.Status != 503 || strings.Contains(p.Detail, "fire") {
			t.Errorf("%+v, want 503 without the cause", p)
		}
		must[Status](s, request{method: "GET", path: "/healthz"})
	})

	t.Run("config.json gives addresses and limits", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		c := must[Config](s, request{method: "GET", path: "/config.json"})
		if c.Socket != "wss://chat.example.org/socket" || !c.Classic || c.Version != "test" || c.Limits.Text != chat.MaxText {
			t.Errorf("%+v", c)
		}
	})

	t.Run("unknown fields are ignored", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		must[Session](s, request{method: "POST", path: "/session", body: `{"name":"Mina","new":{"a":1}}`})
	})
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	preflight := func(path, origin string) http.Header {
		w := s.do(request{method: "OPTIONS", path: path, headers: map[string]string{
			"Origin": origin, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-api-key",
		}})
		if w.Code != 204 {
			t.Errorf("OPTIONS %s: %d, want 204", path, w.Code)
		}
		return w.Header()
	}
	for name, tc := range map[string]struct{ path, origin, allowed string }{
		"the page itself may":                  {"/rooms", publicURL, publicURL},
		"a configured page may":                {"/rooms", "https://other.example.org", "https://other.example.org"},
		"any other page may not":               {"/rooms", "https://evil.example.org", ""},
		"a page without origin may not":        {"/rooms", "null", ""},
		"any page may use the classic API":     {"/chat", "https://evil.example.org", "*"},
		"any page may, below a stage as well":  {"/dev/chat", "null", "*"},
		"a path that only ends so is no stage": {"/rooms/a/chat", "https://evil.example.org", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := preflight(tc.path, tc.origin)
			if got := header.Get("Access-Control-Allow-Origin"); got != tc.allowed {
				t.Errorf("allowed origin %q, want %q", got, tc.allowed)
			}
			if tc.allowed == "*" && header.Get("Access-Control-Allow-Headers") != "x-api-key" {
				t.Errorf("allowed headers %q, want what was asked for", header.Get("Access-Control-Allow-Headers"))
			}
			if header.Get("Access-Control-Allow-Credentials") != "" || header.Get("Vary") != "Origin" {
				t.Errorf("headers %v", header)
			}
		})
	}
	t.Run("pages of accepted origins can read refusals", func(t *testing.T) {
		t.Parallel()
		w := s.do(request{method: "GET", path: "/session", headers: map[string]string{"Origin": publicURL}})
		if w.Code != 401 || w.Header().Get("Access-Control-Allow-Origin") != publicURL {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	})
}

func TestLog(t *testing.T) {
	t.Parallel()

	t.Run("a log line names the route, and nothing of what was sent", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		user := s.signUp("Mina")
		s.createRoom(user, "secret-room", chat.Private)
		w := s.do(request{method: "GET", path: "/rooms/secret-room/posts?before=12345", as: user})
		must[Found](s, request{method: "GET", path: "/search?q=secret-words", as: user})
		log := s.log.String()
		for _, want := range []string{`"route":"GET /rooms/{room}/posts"`, `"status":200`, w.Header().Get("X-Request-Id")} {
			if !strings.Contains(log, want) {
				t.Errorf("the log lacks %s:\n%s", want, log)
			}
		}
		for _, secret := range []string{"secret-room", "12345", "secret-words", "good:" + user, "Mina"} {
			if strings.Contains(log, secret) {
				t.Errorf("the log tells %q:\n%s", secret, log)
			}
		}
	})

	t.Run("a server's fault is logged as an error with its cause, a caller's is not", func(t *testing.T) {
		t.Parallel()
		s := newServer(t, func(o *Options) { o.Ready = func(context.Context) error { return errBroken } })
		s.do(request{method: "GET", path: "/readyz"})
		if log := s.log.String(); !strings.Contains(log, `"level":"ERROR"`) || !strings.Contains(log, "fire") {
			t.Errorf("the log lacks the error and its cause:\n%s", log)
		}
		s.log.Reset()
		s.do(request{method: "GET", path: "/session"})
		if log := s.log.String(); strings.Contains(log, "ERROR") || !strings.Contains(log, `"code":"unauthenticated"`) {
			t.Errorf("the log calls a missing token an error, or lacks its code:\n%s", log)
		}
	})

	t.Run("a panic is answered and logged, and does not end the server", func(t *testing.T) {
		t.Parallel()
		for said, do := range map[string]func(){
			"panic with a string":                     func() { panic("some message") },
			"panic: runtime error: integer divide by": func() { var zero int; _ = 1 / zero },
		} {
			s := newServer(t, func(o *Options) { o.Ready = func(context.Context) error { do(); return nil } })
			p, _ := s.refused(request{method: "GET", path: "/readyz"})
			log := s.log.String()
			if p.Status != 500 || strings.Contains(p.Detail, "panic") || !strings.Contains(log, said) {
				t.Errorf("%+v\n%s", p, log)
			}
			if !strings.Contains(log, "route_test.go") || strings.Contains(log, "some message") {
				t.Errorf("the log must tell where it was, and not what it panicked with:\n%s", log)
			}
		}
	})

	t.Run("a caller who went away is not logged as an error", func(t *testing.T) {
		t.Parallel()
		s := newServer(t, func(o *Options) { o.Ready = func(ctx context.Context) error { return ctx.Err() } })
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/readyz", nil))
		if log := s.log.String(); strings.Contains(log, "ERROR") || !strings.Contains(log, `"status":503`) {
			t.Errorf("the log: %s", log)
		}
	})

	t.Run("Answered is called for every answer", func(t *testing.T) {
		t.Parallel()
		var counted []string
		s := newServer(t, func(o *Options) {
			o.Answered = func(route string, status int, took time.Duration) {
				counted = append(counted, route+" "+http.StatusText(status))
				if took <= 0 {
					t.Errorf("took %v", took)
				}
			}
		})
		s.do(request{method: "GET", path: "/rooms/some"})
		s.do(request{method: "GET", path: "/"})
		if got := strings.Join(counted, ", "); got != "GET /rooms/{room} Unauthorized, page OK" {
			t.Errorf("counted %s", got)
		}
	})
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.7:1234":            "192.0.2.7",
		"[::ffff:192.0.2.7]:1234":   "192.0.2.7",
		"[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::/64",
		"[2001:db8:1:2::9]:80":      "2001:db8:1:2::/64",
		"[fe80::1%eth0]:80":         "fe80::/64",
		"pipe":                      "pipe",
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.RemoteAddr = remote
		if got := addressOf(withAddress(r).Context()); got != want {
			t.Errorf("%s counts as %q, want %q", remote, got, want)
		}
	}
}
