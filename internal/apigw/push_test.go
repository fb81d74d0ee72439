package apigw_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/apigw/apigwtest"
	"github.com/maru-chat/maru/internal/chat"
)

// sockets answers in memory, so that a test can run in a synctest bubble.
type sockets struct {
	post func(ctx context.Context, conn chat.ConnID) error

	mu     sync.Mutex
	sent   map[chat.ConnID]int
	now    int
	most   int
	closed atomic.Int64
}

func (s *sockets) Post(ctx context.Context, conn chat.ConnID, _ []byte) error {
	s.mu.Lock()
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	err := s.post(ctx, conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now--
	if err == nil {
		if s.sent == nil {
			s.sent = map[chat.ConnID]int{}
		}
		s.sent[conn]++
	}
	return err
}

func (s *sockets) Close(ctx context.Context, conn chat.ConnID) error {
	s.closed.Add(1)
	return s.post(ctx, conn)
}

// publish pushes one entry to n listeners and returns how long that took.
func publish(t *testing.T, s *sockets, n int) time.Duration {
	t.Helper()
	rows := &apigwtest.Rows{}
	a := apigw.NewAudience(apigw.AudienceOptions{
		Connections: rows, Listeners: rows, Sockets: s, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	at := time.Now().Add(-time.Minute)
	for i := range n {
		err := rows.SaveListener(t.Context(), apigw.Row{
			Room: room, User: "amy", Conn: connAt(i), Kind: apigw.KindMaru,
			ConnectedAt: at, ExpiresAt: at.Add(apigw.RowLife),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	to, err := a.Gather(t.Context(), room)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	a.Publish(t.Context(), to, &chat.EntryAppended{Entry: chat.Entry{Room: room, Seq: 1, Content: chat.Content{Kind: chat.KindPosted}}})
	return time.Since(start)
}

func connAt(i int) chat.ConnID { return chat.ConnID(fmt.Sprintf("conn%03d=", i)) }

func hang(ctx context.Context, _ chat.ConnID) error {
	<-ctx.Done()
	return ctx.Err()
}

// The times of this test are those of a bubble: exact, and over in no time.
func TestAudience_Publish_inTime(t *testing.T) {
	t.Parallel()
	t.Run("gives one that hangs half a second, and nobody else waits", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &sockets{post: func(ctx context.Context, conn chat.ConnID) error {
				if conn == connAt(3) {
					return hang(ctx, conn)
				}
				return nil
			}}
			took := publish(t, s, apigw.MaxDirect)
			if took != 500*time.Millisecond || len(s.sent) != apigw.MaxDirect-1 {
				t.Errorf("%d reached after %v, want all but one after 500ms", len(s.sent), took)
			}
		})
	})
	t.Run("pushes to thirty at once", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &sockets{post: func(context.Context, chat.ConnID) error { time.Sleep(400 * time.Millisecond); return nil }}
			took := publish(t, s, apigw.MaxDirect)
			if took != 400*time.Millisecond || s.most != apigw.MaxDirect || len(s.sent) != apigw.MaxDirect {
				t.Errorf("%d reached after %v, at most %d at once", len(s.sent), took, s.most)
			}
		})
	})
	t.Run("tries again what is throttled", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var tries atomic.Int64
			s := &sockets{post: func(context.Context, chat.ConnID) error {
				if tries.Add(1) < 4 {
					return fmt.Errorf("post: %w", apigw.ErrThrottled)
				}
				return nil
			}}
			if took := publish(t, s, 1); took == 0 || took > 350*time.Millisecond || s.sent[connAt(0)] != 1 {
				t.Errorf("sent %d times after %v and %d tries", s.sent[connAt(0)], took, tries.Load())
			}
		})
	})
	t.Run("gives up after a second what is throttled on", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var tries atomic.Int64
			s := &sockets{post: func(context.Context, chat.ConnID) error { tries.Add(1); return apigw.ErrThrottled }}
			if took := publish(t, s, 1); took != time.Second || tries.Load() < 3 || tries.Load() > 100 {
				t.Errorf("gave up after %v and %d tries", took, tries.Load())
			}
		})
	})
	t.Run("tries nothing else twice", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var tries atomic.Int64
			s := &sockets{post: func(context.Context, chat.ConnID) error { tries.Add(1); return errors.New("broken") }}
			if took := publish(t, s, 2); took != 0 || tries.Load() != 2 {
				t.Errorf("%d tries in %v", tries.Load(), took)
			}
		})
	})
}

func TestAudience_Tell_closesInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rows := &apigwtest.Rows{}
		s := &sockets{post: hang}
		a := apigw.NewAudience(apigw.AudienceOptions{
			Connections: rows, Listeners: rows, Sockets: s, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		})
		for i := range 70 {
			err := rows.SaveConnection(t.Context(), apigw.Row{
				User: "amy", Conn: connAt(i), Kind: apigw.KindMaru,
				ConnectedAt: time.Now().Add(-time.Minute), ExpiresAt: time.Now().Add(time.Hour),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		a.Tell(t.Context(), "amy", chat.SignedOut{Reason: "banned"})
		// Of the pushes 30 at once for 500 ms each within 1 s, of the closes 50.
		if took := time.Since(start); took != 2*time.Second || s.closed.Load() != 70 {
			t.Errorf("%d closed after %v, want 70 tried after 2s", s.closed.Load(), took)
		}
	})
}

// A ban finds the row of a connection that is let in at this moment.
func TestAudience_Tell_closesWhatIsAboutToOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rows := &apigwtest.Rows{}
		opensAt := time.Now().Add(time.Second)
		s := &sockets{post: func(context.Context, chat.ConnID) error {
			if time.Now().Before(opensAt) {
				return apigw.ErrGone
			}
			return nil
		}}
		a := apigw.NewAudience(apigw.AudienceOptions{
			Connections: rows, Listeners: rows, Sockets: s, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		})
		young := apigw.Row{
			User: "amy", Conn: conn, Kind: apigw.KindMaru, ConnectedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour),
		}
		if err := rows.SaveConnection(t.Context(), young); err != nil {
			t.Fatal(err)
		}
		a.Tell(t.Context(), "amy", chat.SignedOut{Reason: "banned"})
		left, err := rows.ConnectionsOf(t.Context(), "amy")
		if err != nil || len(left) != 0 || time.Now().Before(opensAt) {
			t.Errorf("%d rows left, %v: given up before it could open", len(left), err)
		}
	})
}

// One in eight connections fails in each way, over real HTTP; the others get
// every post.
func TestAudience_oneDeadSocketHarmsNobody(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	amy := h.join(t, room, "amy")
	conns := h.crowd(t, room, apigw.MaxDirect-1)
	bad := []apigwtest.Fault{
		apigwtest.Gone, apigwtest.PlainGone, apigwtest.Throttled, apigwtest.Broken, apigwtest.Dead, apigwtest.None, apigwtest.None, apigwtest.None,
	}
	for i, conn := range conns {
		h.gateway.Fail(conn, bad[i%len(bad)])
	}
	h.gateway.Reset()
	for _, id := range []chat.EntryID{"first", "second"} {
		amy.send(t, h.post(t, room, id))
	}
	for i, conn := range conns {
		want := map[apigwtest.Fault]int{apigwtest.Throttled: 2, apigwtest.None: 2}[bad[i%len(bad)]]
		if got := h.gateway.Messages(conn); len(got) != want {
			t.Errorf("%s, fault %d, was sent %d messages, want %d", conn, bad[i%len(bad)], len(got), want)
		}
		isGone := bad[i%len(bad)] == apigwtest.Gone || bad[i%len(bad)] == apigwtest.PlainGone
		if h.listens(t, room, conn) == isGone {
			t.Errorf("%s: gone %t, and listens %t", conn, isGone, !isGone)
		}
	}
}

// stuck is a table that does not answer.
type stuck struct{ *apigwtest.Rows }

func (stuck) ConnectionsOf(ctx context.Context, _ chat.UserID) ([]apigw.Row, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (stuck) EvictedAt(ctx context.Context, _ chat.RoomID, _ chat.UserID) (chat.Seq, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

// What the service does after an entry is durable has no deadline of the caller.
func TestAudience_waitsForNoTableThatIsStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rows := stuck{&apigwtest.Rows{}}
		a := apigw.NewAudience(apigw.AudienceOptions{
			Connections: rows, Listeners: rows, Sockets: &sockets{}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		})
		start := time.Now()
		a.Evict(t.Context(), room, "amy", 1)
		a.Tell(t.Context(), "amy", chat.RoomLost{Room: room})
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("its sender waited %v, want 1s for each", took)
		}
	})
}
