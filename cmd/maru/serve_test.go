package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/e2e/socket"
	"github.com/maru-chat/maru/internal/wire"
)

// signIn makes a guest and returns the token.
func signIn(t *testing.T, url string) string {
	t.Helper()
	status, body := do(t, "POST", url+"/session", "", `{"name":"Mina"}`)
	var session struct{ Token string }
	if err := json.Unmarshal([]byte(body), &session); err != nil || status != 200 {
		t.Fatalf("sign in: %d %s, %v", status, body, err)
	}
	return session.Token
}

func TestServe(t *testing.T) {
	t.Parallel()

	t.Run("tokens and rooms are there after a restart", func(t *testing.T) {
		t.Parallel()
		data := filepath.Join(t.TempDir(), "new", "data")
		first := start(t, "--data", data)
		token := signIn(t, first.url)
		if status, body := do(t, "POST", first.url+"/rooms", token, `{"room":"r1","title":"점심","visibility":"private"}`); status != 200 {
			t.Fatalf("create: %d %s", status, body)
		}
		if o := first.stop(); o.code != 0 {
			t.Fatalf("closed with %+v", o)
		}
		second := start(t, "--data", data)
		if status, body := do(t, "GET", second.url+"/rooms", token, ""); status != 200 || !strings.Contains(body, "점심") {
			t.Errorf("after a restart: %d %s", status, body)
		}
	})

	t.Run("each start offers the operator's role, until somebody took it", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		first := start(t, "--data", data)
		first.stop() // whose link nobody has followed
		second := start(t, "--data", data)
		token := signIn(t, second.url)
		if status, body := do(t, "POST", second.url+"/operator", token, `{"code":"`+first.operatorSecret()+`"}`); status != 404 {
			t.Errorf("claim by the link of an earlier start: %d %s", status, body)
		}
		if status, body := do(t, "POST", second.url+"/operator", token, `{"code":"`+second.operatorSecret()+`"}`); status != 200 {
			t.Fatalf("claim: %d %s", status, body)
		}
		second.stop()
		if third := start(t, "--data", data); strings.Contains(third.stdout, "operator") {
			t.Errorf("the role is offered again: %s", third.stdout)
		}
	})

	t.Run("backup and check work beside it", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		s := start(t, "--data", data)
		signIn(t, s.url)
		if o := run(t, "check", "--data", data); o.code != 0 || o.stdout != "All is in order.\n" {
			t.Errorf("check: %+v", o)
		}
		copied := filepath.Join(t.TempDir(), "maru.db")
		if o := run(t, "backup", copied, "--data", data); o.code != 0 || !exists(copied) {
			t.Errorf("backup: %+v", o)
		}
		run(t, "backup", copied, "--data", data).expectLine(t, exitFault, copied)
		if o := run(t, "check", "--data", filepath.Dir(copied)); o.code != 0 {
			t.Errorf("check of the backup: %+v", o)
		}
	})

	t.Run("metrics are on their own address, when asked for", func(t *testing.T) {
		t.Parallel()
		s := start(t, "--data", t.TempDir(), "--metrics-addr", "127.0.0.1:0")
		signIn(t, s.url)
		if status, body := do(t, "GET", s.said("Metrics are at "), "", ""); status != 200 || !strings.Contains(body, `maru_http_seconds_count{route="POST /session",status="200"} 1`) {
			t.Errorf("metrics: %d %s", status, body)
		}
		if without := start(t, "--data", t.TempDir()); strings.Contains(without.stdout, "Metrics") {
			t.Errorf("there are metrics that nobody asked for: %s", without.stdout)
		}
		if _, body := do(t, "GET", s.url+"/metrics", "", ""); strings.Contains(body, "maru_http_seconds") {
			t.Error("the public address tells the metrics")
		}
	})

	t.Run("the classic API can be switched off", func(t *testing.T) {
		t.Parallel()
		s := start(t, "--data", t.TempDir(), "--classic=false")
		if status, _ := do(t, "PUT", s.url+"/chat", "", `{"room_id":"a","text":"b","user_id":"c"}`); status != 404 {
			t.Errorf("PUT /chat: %d, want 404", status)
		}
		if _, err := socket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/?room_id=a&user_id=b", nil); err == nil {
			t.Error("a classic socket was opened")
		}
	})

	t.Run("rates apply, unless they are off, which the log says", func(t *testing.T) {
		t.Parallel()
		limited := start(t, "--data", t.TempDir(), "--rates", "sign-ins=1/1h")
		signIn(t, limited.url)
		if status, body := do(t, "POST", limited.url+"/session", "", `{"name":"Mina"}`); status != 429 {
			t.Errorf("the second sign-in: %d %s, want 429", status, body)
		}
		free := start(t, "--data", t.TempDir(), "--rates", "off")
		for range 50 {
			signIn(t, free.url)
		}
		if o := free.stop(); !strings.Contains(o.stderr, "rates are off") {
			t.Errorf("the log does not say that rates are off: %s", o.stderr)
		}
	})

	t.Run("behind a trusted proxy, rates count its clients", func(t *testing.T) {
		t.Parallel()
		s := start(t, "--data", t.TempDir(), "--rates", "sign-ins=1/1h", "--proxies", "127.0.0.0/8")
		for _, sender := range []string{"192.0.2.1", "192.0.2.2"} {
			r, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/session", strings.NewReader(`{"name":"Mina"}`))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Forwarded-For", sender)
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if _ = response.Body.Close(); response.StatusCode != 200 {
				t.Errorf("%s: %d, want 200", sender, response.StatusCode)
			}
		}
	})

	t.Run("neither tokens nor secrets reach the log", func(t *testing.T) {
		t.Parallel()
		s := start(t, "--data", t.TempDir())
		token := signIn(t, s.url)
		do(t, "GET", s.url+"/session?token="+token, token, "")
		do(t, "POST", s.url+"/rooms", token, `{"room":"hideout","title":"Hideout","visibility":"private"}`)
		conn := dial(t, s.url, token)
		if err := conn.Write([]byte(`{"action":"send","ref":"1","room":"hideout","id":"e1","since":"0","text":"whispered"}`)); err != nil {
			t.Fatal(err)
		}
		if answer, err := conn.Read(make([]byte, 64<<10)); err != nil || !strings.Contains(string(answer), `"type":"ack"`) {
			t.Fatalf("the send was answered %s, %v", answer, err)
		}
		if status, body := do(t, "GET", s.url+"/search?q=whispered", token, ""); status != 200 || !strings.Contains(body, "whispered") {
			t.Fatalf("search: %d %s", status, body)
		}
		_, body := do(t, "POST", s.url+"/rooms/hideout/invites", token, "{}")
		var invite struct{ Secret string }
		if err := json.Unmarshal([]byte(body), &invite); err != nil || invite.Secret == "" {
			t.Fatalf("invite: %s, %v", body, err)
		}
		do(t, "POST", s.url+"/invites/preview", token, `{"secret":"`+invite.Secret+`"}`)
		log := s.stop().stderr
		if !strings.Contains(log, "POST /invites/preview") {
			t.Errorf("the log tells of no request:\n%s", log)
		}
		for what, secret := range map[string]string{
			"a token": token, "the operator's secret": s.operatorSecret(), "an invite": invite.Secret,
			"a message or a search": "whispered", "a room's title": "Hideout", "a user's name": "Mina",
		} {
			if secret == "" || strings.Contains(log, secret) {
				t.Errorf("the log tells %s (%q):\n%s", what, secret, log)
			}
		}
	})
}

func dial(t *testing.T, url, token string) *socket.Conn {
	t.Helper()
	conn, err := tryDial(t.Context(), url, token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func tryDial(ctx context.Context, url, token string) (*socket.Conn, error) {
	return socket.Dial(ctx, "ws"+strings.TrimPrefix(url, "http")+"/socket",
		http.Header{"Origin": {url}}, "maru.v1", "bearer."+token)
}

// TestSIGTERM shows, with a real process and a real signal, that all that is
// stored is acknowledged, that sockets are told why they close, that no new ones are
// opened by then, and that the process ends in time with exit code 0.
func TestSIGTERM(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	cmd, url := process(t, "--data", data, "--rates", "off")
	token := signIn(t, url)
	if status, body := do(t, "POST", url+"/rooms", token, `{"room":"r1","title":"Room","visibility":"private"}`); status != 200 {
		t.Fatalf("create: %d %s", status, body)
	}
	conn := dial(t, url, token)
	for i := range 30 {
		frame := fmt.Sprintf(`{"action":"send","ref":"e%d","room":"r1","id":"e%d","since":"0","text":"last words"}`, i, i)
		if err := conn.Write([]byte(frame)); err != nil {
			t.Fatal(err)
		}
	}
	var signalled time.Time
	acked, reason := readToEnd(t, conn, func() { // the other sends wait for their turn
		signalled = time.Now()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}, func() {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := tryDial(ctx, url, token); err == nil {
			t.Error("a socket was opened after another was told to close")
		}
	})
	if reason != wire.ReasonShutdown {
		t.Errorf("the socket was told to close for %q, want %q", reason, wire.ReasonShutdown)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the process ended with %v, want exit code 0", err)
	}
	if took := time.Since(signalled); took > 10*time.Second {
		t.Errorf("the process took %v to end, want at most 10s", took)
	}
	if o := run(t, "check", "--data", data); o.code != 0 {
		t.Errorf("check afterwards: %+v", o)
	}
	again := start(t, "--data", data)
	stored := postsOf(t, again.url, token)
	if diff := cmp.Diff(stored, acked); diff != "" || len(acked) == 0 {
		t.Errorf("%d are acknowledged; stored (-) and acknowledged (+):\n%s", len(acked), diff)
	}
	t.Logf("%d of 30 sends came before the end", len(acked))
}

// readToEnd reads until the socket closes. It calls atFirst at the first
// acknowledgement and atClosing when it is told of the close. It returns the refs
// that were acknowledged, sorted, and the reason that was given for closing.
func readToEnd(t *testing.T, conn *socket.Conn, atFirst, atClosing func()) (acked []string, reason string) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 64<<10)
	for {
		message, err := conn.Read(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("the socket did not close")
		}
		if err != nil {
			slices.Sort(acked)
			return acked, reason
		}
		for frame, err := range wire.Frames(message) {
			switch f := frame.(type) {
			case *wire.Ack:
				if acked = append(acked, f.Ref); len(acked) == 1 {
					atFirst()
				}
			case *wire.ConnectionClosing:
				reason = f.Reason
				atClosing()
			case *wire.Error:
				t.Errorf("%s was refused: %s", f.Ref, f.Message)
			}
			if err != nil {
				t.Error(err)
			}
		}
	}
}

// postsOf returns the ids of the posts in the room r1, sorted.
func postsOf(t *testing.T, url, token string) (ids []string) {
	t.Helper()
	status, body := do(t, "GET", url+"/rooms/r1/entries?after=0&limit=100", token, "")
	var page struct {
		Entries []struct{ ID, Kind string }
	}
	if err := json.Unmarshal([]byte(body), &page); err != nil || status != 200 || len(page.Entries) == 0 {
		t.Fatalf("entries: %d %s, %v", status, body, err)
	}
	for _, e := range page.Entries {
		if e.Kind == "posted" {
			ids = append(ids, e.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func TestMain_is_short(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(text), "\n"); lines > 80 {
		t.Errorf("main.go has %d lines, want at most 80", lines)
	}
}
