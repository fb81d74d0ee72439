package client_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// TestClient_handsOver checks the order of a planned replacement: the old connection
// stays open until every room is joined on the next, and then ends.
func TestClient_handsOver(t *testing.T) {
	t.Parallel()
	one := entry(1, "one")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	firstEnded, isOver := make(chan struct{}), make(chan struct{})
	var connections atomic.Int32
	account := fakeHome(t, func(p *player) {
		number := connections.Add(1)
		join := expect[*wire.Join](p)
		switch number {
		case 1:
			p.list(join.Ref, one.Cursor, one)
			_, _ = p.read() // until the client lets it go
			close(firstEnded)
		case 2:
			if join == nil || join.Cursor == nil || *join.Cursor != one.Cursor {
				t.Errorf("the next connection joined with %+v, want the cursor %v", join, one.Cursor)
			}
			select {
			case <-firstEnded:
				t.Error("the first connection ended before the second had joined")
			case <-time.After(50 * time.Millisecond): // longer than a client that does not wait would take
			}
			p.list(join.Ref, one.Cursor, one)
			<-firstEnded
			close(isOver)
		}
	})
	c := client.Options{Lifetime: 20 * time.Millisecond}.Start(ctx, account)
	c.Follow(room)
	select {
	case <-isOver:
	case <-ctx.Done():
		t.Fatal("the client did not hand over")
	}
	if counts := c.Counts(); counts.Handovers != 1 {
		t.Errorf("counts: %+v, want one handover", counts)
	}
}

// TestClient_sendsAgainAfterAFailure plays API Gateway's message that a function has
// failed. It does not say which answer is lost, so the client asks for all again.
func TestClient_sendsAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	one, mine := entry(1, "one"), entry(2, "mine")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var connections atomic.Int32
	account := fakeHome(t, func(p *player) {
		join := expect[*wire.Join](p)
		if connections.Add(1) == 1 {
			p.list(join.Ref, one.Cursor, one)
			expect[*wire.Send](p)
			if err := p.write([]byte(`{"message":"Internal server error","connectionId":"c","requestId":"r"}`)); err != nil {
				t.Error(err)
			}
			_, _ = p.read()
			return
		}
		sent := expect[*wire.Send](p)
		p.list(join.Ref, mine.Cursor, mine)
		p.send(&wire.Ack{Answer: wire.Answer{Ref: sent.Ref}, Room: room, Seq: 2, Cursor: &mine.Cursor, Existed: true})
		_, _ = p.read()
	})
	c := client.Start(ctx, account)
	c.Follow(room)
	out := c.Write(room, mine.ID, chat.Content{Kind: chat.KindPosted, Text: "mine"})
	select {
	case <-out.Done:
	case <-ctx.Done():
		t.Fatal("the client did not send again")
	}
	if counts := c.Counts(); out.Err != nil || counts.Failures != 1 || counts.Cuts != 0 || c.Faults() != nil {
		t.Errorf("acknowledged %+v (%v), counts %+v, faults %v", out.Ack, out.Err, counts, c.Faults())
	}
}

// TestClient_countsRefusals refuses the first attempt to connect.
func TestClient_countsRefusals(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var attempts atomic.Int32
	isOpen := make(chan struct{})
	account := fakeHome(t, nil)
	socket := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if attempts.Add(1) == 1 {
			http.Error(w, "Internal server error", http.StatusInternalServerError)
			return
		}
		upgrader := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == wire.Subprotocol }}
		conn, _, _, err := upgrader.Upgrade(r, w)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		close(isOpen)
		_, _ = wsutil.ReadClientText(conn) // until the client is gone
	}))
	t.Cleanup(socket.Close)
	account.Socket = "ws" + strings.TrimPrefix(socket.URL, "http")
	c := client.Start(ctx, account)
	select {
	case <-isOpen:
	case <-ctx.Done():
		t.Fatal("the client did not try again")
	}
	if counts := c.Counts(); counts.Refusals != 1 {
		t.Errorf("counts: %+v, want one refusal", counts)
	}
}
