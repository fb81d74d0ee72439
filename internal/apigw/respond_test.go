package apigw_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/apigw/apigwtest"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/session"
	"github.com/maru-chat/maru/internal/wire"
)

// talkative is a session that takes its time, and then says more than one
// message holds.
type talkative struct {
	isSlow bool
	lines  [][]byte
}

func (s *talkative) Handle(ctx context.Context, _ session.Peer, _ []byte) ([][]byte, error) {
	if s.isSlow {
		<-ctx.Done()
	}
	return s.lines, nil
}

// socketEvent is what amy's connection sets off.
func socketEvent(t *testing.T, route string) []byte {
	t.Helper()
	event, err := json.Marshal(map[string]any{
		"body": "{}",
		"requestContext": map[string]any{
			"routeKey": route, "connectionId": conn, "connectedAt": time.Now().Add(-time.Minute).UnixMilli(),
			"authorizer": map[string]any{"kind": "v1", "user": "amy"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// invocation is a context as Lambda gives it, d before the process is ended.
func invocation(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// The times of this test are those of a bubble: exact, and over in no time.
func TestSocket_Invoke_inTime(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		left, want time.Duration
		isSlow     bool
	}{
		"waits a second for a connection that is throttled": {left: 12 * time.Second, want: time.Second},
		"ends before its process, also when the work took all its time": {
			left: 12 * time.Second, want: 11750 * time.Millisecond, isSlow: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var tries atomic.Int64
				rows := &apigwtest.Rows{}
				long := bytes.Repeat([]byte("x"), wire.MaxMessage)
				socket := &apigw.Socket{
					Session: &talkative{isSlow: tc.isSlow, lines: [][]byte{long, []byte("last")}},
					Audience: apigw.NewAudience(apigw.AudienceOptions{
						Connections: rows, Listeners: rows, Now: time.Now, Log: slog.New(slog.DiscardHandler),
						Sockets: &sockets{post: func(context.Context, chat.ConnID) error { tries.Add(1); return apigw.ErrThrottled }},
					}),
					Log: slog.New(slog.DiscardHandler),
				}
				began := time.Now()
				raw, err := socket.Invoke(invocation(t, tc.left), socketEvent(t, "$default"))
				if took := time.Since(began); took != tc.want || tries.Load() < 1 || tries.Load() > 100 {
					t.Errorf("answered after %v and %d tries, want %v", took, tries.Load(), tc.want)
				}
				var a answer
				if err != nil || json.Unmarshal(raw, &a) != nil || a.Body != "last" {
					t.Errorf("answered %.100s, %v; want the last message", raw, err)
				}
			})
		})
	}
}

// clinging are rows that cannot be removed.
type clinging struct{ *apigwtest.Rows }

func (clinging) RemoveConnection(ctx context.Context, _ chat.UserID, _ chat.ConnID) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestSocket_Invoke_refusesInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rows, memory, log := clinging{&apigwtest.Rows{}}, chattest.NewMemory(), slog.New(slog.DiscardHandler)
		audience := apigw.NewAudience(apigw.AudienceOptions{
			Connections: rows, Listeners: rows, Sockets: &sockets{}, Now: time.Now, Log: log,
		})
		service := chat.NewService(chat.Ports{Accounts: memory, Subscriptions: audience}, time.Now, new(chattest.IDs).New)
		socket := &apigw.Socket{Service: service, Audience: audience, Log: log}
		began := time.Now()
		raw, err := socket.Invoke(invocation(t, 12*time.Second), socketEvent(t, "$connect"))
		var a answer
		if err != nil || json.Unmarshal(raw, &a) != nil || a.StatusCode != 401 {
			t.Errorf("a stranger is answered %s, %v; want 401", raw, err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("answered after %v, want 1s", took)
		}
	})
}
