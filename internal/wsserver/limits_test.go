package wsserver

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"github.com/maru-chat/maru/internal/chat"
)

func TestLimits_PerUser(t *testing.T) {
	t.Parallel()
	rules := map[string]struct {
		before  func(t *testing.T, h *Hub, pages []*peer)
		wantOut int // which of the three pages makes way
	}{
		"the oldest is replaced": {wantOut: 0},
		"the quietest is replaced": {
			before: func(t *testing.T, _ *Hub, pages []*peer) {
				time.Sleep(sweepInterval + time.Second)
				pages[0].send(t, text("still here"))
				pages[2].send(t, text("I too"))
				synctest.Wait()
			},
			wantOut: 1,
		},
		"a hidden page is replaced first": {
			before: func(t *testing.T, h *Hub, pages []*peer) {
				if err := h.Hidden(t.Context(), pages[2].id, true); err != nil {
					t.Fatal(err)
				}
			},
			wantOut: 2,
		},
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withHub(t, 0, func(t *testing.T, h *Hub) {
				h.limits = Limits{PerUser: 3}
				listener(t, h, "cid") // does not count
				pages := []*peer{listener(t, h, "bob"), listener(t, h, "bob"), listener(t, h, "bob")}
				if rule.before != nil {
					rule.before(t, h, pages)
				}
				newest := listener(t, h, "bob")
				for i, page := range append(pages, newest) {
					got, want := page.told(), i == rule.wantOut
					if slices.Contains(got, "closing idle") != want {
						t.Errorf("page %d was told %v; that it is to close: want %t", i, got, want)
					}
				}
				time.Sleep(partingWait + closeWait)
				synctest.Wait()
				if n := h.Connections(); n != 4 {
					t.Errorf("%d connections are open, want 3 of bob and 1 of cid", n)
				}
			})
		})
	}
	t.Run("connections that are about to close do not count", func(t *testing.T) {
		t.Parallel()
		withHub(t, 0, func(t *testing.T, h *Hub) {
			h.limits = Limits{PerUser: 2}
			for range 10 {
				listener(t, h, "bob")
			}
			time.Sleep(partingWait + closeWait)
			synctest.Wait()
			if n := h.Connections(); n != 2 {
				t.Errorf("%d connections are open, want 2", n)
			}
		})
	})
	t.Run("the connections of a classic user are not bounded", func(t *testing.T) {
		t.Parallel()
		withHub(t, 0, func(t *testing.T, h *Hub) {
			h.limits = Limits{PerUser: 1}
			user, err := chat.ClassicUser("bob")
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				p := connectAs(t, h, client{user: user, codec: classic{}, handle: ignore})
				go p.read()
			}
			time.Sleep(partingWait + closeWait)
			synctest.Wait()
			if n := h.Connections(); n != 3 {
				t.Errorf("%d connections are open, want 3", n)
			}
		})
	})
}

func TestLimits_PerAddress(t *testing.T) {
	t.Parallel()
	withHub(t, 0, func(t *testing.T, h *Hub) {
		h.limits = Limits{PerAddress: 2}
		first, err := h.enter(client{user: "ann", address: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		second, err := h.enter(client{user: "bob", address: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		defer h.leave(second)
		if _, err := h.enter(client{user: "cid", address: "192.0.2.1"}); chat.CodeOf(err) != chat.CodeRateLimited {
			t.Errorf("a third connection of the address: %v, want rate_limited", err)
		}
		other, err := h.enter(client{user: "cid", address: "192.0.2.2"})
		if err != nil {
			t.Errorf("a connection of another address: %v", err)
		}
		h.leave(other)
		h.leave(first)
		third, err := h.enter(client{user: "cid", address: "192.0.2.1"})
		if err != nil {
			t.Errorf("a connection in place of one that left: %v", err)
		}
		h.leave(third)
		if len(h.addresses) != 1 {
			t.Errorf("%v are remembered, want the one that is connected", h.addresses)
		}
	})
}

// The connections of an address are counted over both kinds of sockets, and a refusal
// says when to try again.
func TestServer_refuses_a_crowd(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.hub.limits = Limits{PerAddress: 1}
	ann := h.signIn(t, "Ann")
	old := "/?room_id=r&user_id=u"
	h.open(t, dialer(""), old)
	url := strings.Replace(h.url, "http", "ws", 1)
	for name, open := range map[string]func() error{
		"classic": func() error { _, _, _, err := dialer("").Dial(t.Context(), url+old); return err },
		"maru.v1": func() error {
			_, _, _, err := dialer(page, "maru.v1", bearerPrefix+string(ann.ID)).Dial(t.Context(), url+Path)
			return err
		},
	} {
		if status, isStatus := open().(ws.StatusError); !isStatus || int(status) != http.StatusTooManyRequests {
			t.Errorf("%s: %v, want status 429", name, status)
		}
	}
	w := httptest.NewRecorder()
	refuse(w, errCrowded)
	if w.Header().Get("Retry-After") != "30" {
		t.Errorf("Retry-After is %q, want 30", w.Header().Get("Retry-After"))
	}
}
