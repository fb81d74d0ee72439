package wsserver

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

func TestHub_slow_reader(t *testing.T) {
	t.Parallel()
	const flood = 3 * maxItems
	t.Run("gets room.behind, and does not slow others", func(t *testing.T) {
		t.Parallel()
		withHub(t, 0, func(t *testing.T, h *Hub) {
			slow := connect(t, h, "slow", ignore)
			slow.subscribe(t, "r")
			slow.subscribe(t, "s")
			quick := listener(t, h, "quick", "r")
			publish(t, h, appended("r", 1))
			synctest.Wait() // the first is on its way
			publish(t, h, appended("s", 1))
			for seq := chat.Seq(2); seq <= flood; seq++ {
				publish(t, h, appended("r", seq))
				if seq%64 == 0 {
					synctest.Wait() // the quick reader keeps up
				}
			}
			if got := quick.told(); len(got) != flood || got[flood-1] != fmt.Sprintf("r %d", flood) {
				t.Errorf("the quick reader was told %d entries, want %d", len(got), flood)
			}
			if n := h.Counts().Behind; n != 1 {
				t.Errorf("%d readers were left behind, want 1", n)
			}
			go slow.read()
			wantTold(t, slow, "r 1", "s 1", fmt.Sprintf("r behind %d", flood))
			publish(t, h, appended("r", flood+1))
			wantTold(t, slow, fmt.Sprintf("r %d", flood+1))
		})
	})
	t.Run("loses no answer", func(t *testing.T) {
		t.Parallel()
		withHub(t, 0, func(t *testing.T, h *Hub) {
			slow := connect(t, h, "slow", func(context.Context, *connection, []byte) [][]byte {
				return [][]byte{[]byte(ack)}
			})
			slow.subscribe(t, "r")
			for seq := chat.Seq(1); seq <= flood; seq++ {
				publish(t, h, appended("r", seq))
			}
			slow.send(t, text("?"))
			synctest.Wait()
			for seq := chat.Seq(flood + 1); seq <= 2*flood; seq++ {
				publish(t, h, appended("r", seq))
			}
			go slow.read()
			if got := slow.told(); !slices.Contains(got, "ack") {
				t.Errorf("no answer among %d frames", len(got))
			}
		})
	})
	t.Run("is not read from while its answers pile up", func(t *testing.T) {
		t.Parallel()
		withHub(t, 0, func(t *testing.T, h *Hub) {
			var handled int
			slow := connect(t, h, "slow", func(context.Context, *connection, []byte) [][]byte {
				handled++
				return [][]byte{bytes.Repeat([]byte("a"), 28<<10)}
			})
			const all = 20
			go func() {
				for range all {
					slow.stream.Write(mask(text("?"))) // waits when the server does not read
				}
			}()
			synctest.Wait()
			if most := maxAnswers/(28<<10) + 3; handled > most {
				t.Errorf("%d messages were handled, want at most %d", handled, most)
			}
			go slow.read()
			synctest.Wait()
			if handled != all || len(slow.told()) != all {
				t.Errorf("%d of %d messages were handled and answered", handled, all)
			}
		})
	})
	t.Run("is cut off when it reads nothing for long", func(t *testing.T) {
		t.Parallel()
		withHub(t, 0, func(t *testing.T, h *Hub) {
			slow := connect(t, h, "slow", ignore)
			slow.subscribe(t, "r")
			publish(t, h, appended("r", 1))
			time.Sleep(writeWait)
			synctest.Wait()
			if n := h.Counts(); n.Connections != 0 || n.Cut != 1 {
				t.Errorf("the counts are %+v, want no connection and one cut", n)
			}
		})
	})
}

func TestHub_coalesces(t *testing.T) {
	t.Parallel()
	t.Run("waiting frames are sent in messages of at most 32 KB", func(t *testing.T) {
		t.Parallel()
		withHub(t, 0, func(t *testing.T, h *Hub) {
			bob := connect(t, h, "bob", ignore)
			bob.subscribe(t, "r")
			long := func(e *chat.Entry) { e.Text = strings.Repeat("x", 10<<10) }
			publish(t, h, appended("r", 1))
			synctest.Wait()
			publish(t, h, appended("r", 2), appended("r", 3), appended("r", 4, long), appended("r", 5, long),
				appended("r", 6, long), appended("r", 7, long), appended("r", 8))
			go bob.read()
			if diff := cmp.Diff([]int{1, 5, 2}, bob.messages()); diff != "" {
				t.Errorf("frames in each message (-want +got):\n%s", diff)
			}
		})
	})
	t.Run("what is pushed while a message is handled is sent with the answer", func(t *testing.T) {
		t.Parallel()
		withHub(t, 0, func(t *testing.T, h *Hub) {
			bob := connect(t, h, "bob", func(ctx context.Context, c *connection, _ []byte) [][]byte {
				c.hub.Publish(ctx, chat.Listeners{Room: "r"}, appended("r", 1))
				return [][]byte{[]byte(ack)}
			})
			bob.subscribe(t, "r")
			go bob.read()
			bob.send(t, text("?"))
			if diff := cmp.Diff([]int{2}, bob.messages()); diff != "" {
				t.Errorf("frames in each message (-want +got):\n%s", diff)
			}
		})
	})
}
