package wsserver

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

func TestConnection_run(t *testing.T) {
	t.Parallel()
	rules := map[string]struct {
		send     []byte
		want     []string
		wantCode ws.StatusCode
	}{
		"answers a ping":                     {send: mask(ws.NewPingFrame([]byte("p"))), want: []string{"opcode 10 p"}},
		"does not answer a pong":             {send: mask(ws.NewPongFrame(nil))},
		"answers a close with its code":      {send: mask(ws.NewCloseFrame([]byte("\x0f\xa0bye"))), wantCode: 4000},
		"refuses a malformed close":          {send: mask(ws.NewCloseFrame([]byte("\x03\xed"))), wantCode: 1002},
		"refuses a message that is too long": {send: mask(text(strings.Repeat("x", maxText+1))), want: []string{"error too_large"}, wantCode: 1009},
		"refuses a binary message":           {send: mask(ws.NewBinaryFrame([]byte("x"))), want: []string{"error invalid"}, wantCode: 1003},
		"refuses text that is not UTF-8":     {send: mask(text("\xff")), want: []string{"error invalid"}, wantCode: 1007},
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withHub(t, 0, func(t *testing.T, h *Hub) {
				bob := listener(t, h, "bob")
				go bob.stream.Write(rule.send) // the rest of what is refused is discarded
				wantTold(t, bob, rule.want...)
				if (bob.closed == nil) != (rule.wantCode == 0) || bob.closed != nil && *bob.closed != rule.wantCode {
					t.Errorf("closed with %v, want %d", bob.closed, rule.wantCode)
				}
				time.Sleep(closeWait)
				synctest.Wait()
				if wantOpen := rule.wantCode == 0; (h.Connections() == 1) != wantOpen {
					t.Errorf("open: %t, want %t", !wantOpen, wantOpen)
				}
			})
		})
	}
}

func TestConnection_start(t *testing.T) {
	t.Parallel()
	rules := map[string]struct {
		before func(t *testing.T, h *Hub, c *connection)
		want   []string
		isEnd  bool
	}{
		"writes what was pushed before": {
			before: func(t *testing.T, h *Hub, c *connection) {
				if err := h.Subscribe(t.Context(), c.id, c.user, "r"); err != nil {
					t.Fatal(err)
				}
				publish(t, h, appended("r", 1))
			},
			want: []string{"r 1"},
		},
		"closes if the user was signed out before": {
			before: func(t *testing.T, h *Hub, c *connection) { h.Tell(t.Context(), c.user, chat.SignedOut{}) },
			want:   []string{"closing signed_out"},
			isEnd:  true,
		},
		"ends if it was disconnected before": {
			before: func(t *testing.T, h *Hub, c *connection) {
				if err := h.Disconnect(t.Context(), c.id); err != nil {
					t.Fatal(err)
				}
			},
			isEnd: true,
		},
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withHub(t, 0, func(t *testing.T, h *Hub) {
				c, err := h.enter(client{user: "bob", codec: maru{}, handle: ignore})
				if err != nil {
					t.Fatal(err)
				}
				rule.before(t, h, c)
				server, stream := net.Pipe()
				bob := &peer{connection: c, stream: stream}
				go bob.read()
				c.start(newConn(server, nil))
				wantTold(t, bob, rule.want...)
				time.Sleep(partingWait)
				synctest.Wait()
				if bob.isEnd != rule.isEnd {
					t.Errorf("ended: %t, want %t", bob.isEnd, rule.isEnd)
				}
			})
		})
	}
}

func TestConnection_pings(t *testing.T) {
	t.Parallel()
	withHub(t, 0, func(t *testing.T, h *Hub) {
		bob := connect(t, h, "bob", ignore) // who reads nothing
		for range 2 * maxItems {
			bob.send(t, ws.NewPingFrame([]byte("?")))
		}
		synctest.Wait()
		bob.connection.mu.Lock()
		defer bob.connection.mu.Unlock()
		if n := len(bob.items); n == 0 || n > maxItems {
			t.Errorf("%d pongs wait, want 1 to %d", n, maxItems)
		}
	})
}

func TestHub_sweep_partsWhenTheTokenRunsOut(t *testing.T) {
	t.Parallel()
	withHub(t, 0, func(t *testing.T, h *Hub) {
		c, err := h.enter(client{user: "bob", expiresAt: time.Now().Add(5 * time.Minute), codec: maru{}, handle: ignore})
		if err != nil {
			t.Fatal(err)
		}
		server, stream := net.Pipe()
		bob := &peer{connection: c, stream: stream}
		go bob.read()
		c.start(newConn(server, nil))
		time.Sleep(6 * time.Minute)
		if got := bob.told(); !slices.Contains(got, "closing lifetime") {
			t.Errorf("told %v", got)
		}
	})
}

func TestHub_sweep(t *testing.T) {
	t.Parallel()
	withHub(t, 0, func(t *testing.T, h *Hub) {
		quiet, busy := listener(t, h, "quiet", "r"), listener(t, h, "busy")
		time.Sleep(time.Minute)
		wantTold(t, quiet, "opcode 9 ") // a ping
		for range 10 {
			time.Sleep(time.Minute)
			busy.send(t, text("?"))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := quiet.told(); len(got) == 0 || got[len(got)-1] != "closing idle" {
			t.Errorf("after ten idle minutes one was told %v", got)
		}
		if n := h.Connections(); n != 1 {
			t.Errorf("%d connections are open, want the busy one", n)
		}
		if h.room("r") != nil {
			t.Error("a room without listeners is still there")
		}
	})
}

func TestHub_Shutdown(t *testing.T) {
	t.Parallel()
	t.Run("answers what is being handled and what was sent before the client was told", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			h := NewHub(&shelf{}, Limits{})
			bob := connect(t, h, "bob", func(context.Context, *connection, []byte) [][]byte {
				time.Sleep(200 * time.Millisecond) // the disk is slow
				return [][]byte{[]byte(ack)}
			})
			go bob.read()
			bob.send(t, text("1"))
			go bob.stream.Write(mask(text("2")))
			synctest.Wait()
			begun := time.Now()
			if err := h.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if took := time.Since(begun); took > 2*time.Second {
				t.Errorf("Shutdown took %v", took)
			}
			got := bob.told()
			slices.Sort(got)
			if diff := cmp.Diff([]string{"ack", "ack", "closing shutdown"}, got); diff != "" {
				t.Errorf("bob was told (-want +got):\n%s", diff)
			}
			if bob.closed == nil {
				t.Error("no close frame came")
			}
			if _, err := h.enter(client{}); chat.CodeOf(err) != chat.CodeUnavailable {
				t.Errorf("a connection was taken: %v", err)
			}
		})
	})
	t.Run("cuts off clients that do not read when its time is over", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			h := NewHub(&shelf{}, Limits{})
			slow := connect(t, h, "slow", func(ctx context.Context, _ *connection, _ []byte) [][]byte {
				<-ctx.Done() // a store that does not answer
				return nil
			})
			slow.send(t, text("?"))
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if err := h.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Shutdown returned %v, want a passed deadline", err)
			}
			if n := h.Connections(); n != 0 {
				t.Errorf("%d connections are open, want none", n)
			}
			if _, err := io.Copy(io.Discard, slow.stream); err != nil {
				t.Error(err)
			}
		})
	})
}
