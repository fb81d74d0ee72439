package wsserver

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// sink is a Conn that discards what is written, so that only the hub's own work is
// measured.
type sink struct {
	ended   chan struct{}
	written *atomic.Int64 // bytes
}

func (s sink) Read() (Message, error) {
	<-s.ended
	return Message{}, io.EOF
}

func (s sink) TryWrite(p []byte) (int, error) {
	s.written.Add(int64(len(p)))
	return len(p), nil
}

func (s sink) Write(p []byte, _ time.Time) error {
	s.written.Add(int64(len(p)))
	return nil
}

func (s sink) SetReadDeadline(time.Time) error { return nil }
func (s sink) Close() error                    { return nil }

// BenchmarkHub_Publish measures what a delivery costs beside the system call:
// posts come in bursts of 32 to a room of 1,000 listeners.
func BenchmarkHub_Publish(b *testing.B) {
	const listeners, burst = 1000, 32
	h := NewHub(&shelf{}, Limits{})
	ended := make(chan struct{})
	var written atomic.Int64
	for range listeners {
		c, err := h.enter(client{user: "bob", codec: maru{}, handle: ignore})
		if err != nil {
			b.Fatal(err)
		}
		if err := h.Subscribe(b.Context(), c.id, c.user, "r"); err != nil {
			b.Fatal(err)
		}
		c.start(sink{ended, &written})
	}
	b.Cleanup(func() {
		close(ended)
		if err := h.Shutdown(context.Background()); err != nil {
			b.Error(err)
		}
	})
	var seq chat.Seq
	for b.Loop() {
		want := written.Load()
		for range burst {
			seq++
			e := appended("r", seq)
			h.Publish(b.Context(), chat.Listeners{Room: "r"}, e)
			want += listeners * int64(len(maru{}.event(e)))
		}
		for written.Load() < want { // headers and newlines only make it more
			time.Sleep(10 * time.Microsecond)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(burst*listeners), "ns/delivery")
}
