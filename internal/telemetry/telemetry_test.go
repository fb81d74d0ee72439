package telemetry

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// fakeLog refuses drafts of the room "gone".
type fakeLog struct{ chat.Log }

func (fakeLog) Append(_ context.Context, d *chat.Draft, _ *chat.Scanned) (chat.Appended, error) {
	if d.Room == "gone" {
		return chat.Appended{}, chat.Errorf(chat.CodeConflict, "gone")
	}
	return chat.Appended{Entry: chat.Entry{Room: d.Room, Seq: 7}}, nil
}

// fakeLimiter makes "busy" wait.
type fakeLimiter struct{}

func (fakeLimiter) Take(_ context.Context, key string, _ chat.Rate) (time.Duration, error) {
	if key == "busy" {
		return time.Second, nil
	}
	return 0, nil
}

func metrics(t *testing.T, m *Meter) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	return w.Body.String()
}

func TestMeter(t *testing.T) {
	t.Parallel()
	m := New()
	log, limiter := m.Log(fakeLog{}), m.Limiter(fakeLimiter{})

	appended, err := log.Append(t.Context(), &chat.Draft{Room: "open"}, nil)
	if err != nil || appended.Entry.Seq != 7 {
		t.Errorf("Append = %+v, %v; want what the log below says", appended, err)
	}
	if _, err := log.Append(t.Context(), &chat.Draft{Room: "gone"}, nil); chat.CodeOf(err) != chat.CodeConflict {
		t.Errorf("Append = %v; want the error of the log below", err)
	}
	if wait, _ := limiter.Take(t.Context(), "busy", chat.Rate{}); wait != time.Second {
		t.Errorf("Take = %v; want the wait of the limiter below", wait)
	}
	if wait, _ := limiter.Take(t.Context(), "idle", chat.Rate{}); wait != 0 {
		t.Errorf("Take = %v; want 0", wait)
	}
	m.Answered("GET /rooms/{room}", 200, time.Millisecond)
	m.Gauge("maru_connections", "Open sockets.", func() float64 { return 3 })
	m.Histogram("maru_commit_writes", "Writes.", func() Sizes { return Sizes{Count: 5, Sum: 9, AtMost: map[float64]uint64{1: 3, 3: 5}} })

	told := metrics(t, m)
	for _, want := range []string{
		`maru_append_seconds_count{code="ok"} 1`,
		`maru_append_seconds_count{code="conflict"} 1`,
		`maru_limited_total{outcome="rate_limited"} 1`,
		`maru_limited_total{outcome="ok"} 1`,
		`maru_http_seconds_count{route="GET /rooms/{room}",status="200"} 1`,
		"maru_connections 3",
		`maru_commit_writes_bucket{le="1"} 3`,
		`maru_commit_writes_bucket{le="3"} 5`,
		"maru_commit_writes_sum 9",
		"maru_commit_writes_count 5",
		"go_goroutines",
	} {
		if !strings.Contains(told, want+"\n") && !strings.Contains(told, want+" ") {
			t.Errorf("no %s in\n%s", want, told)
		}
	}
}
