package wsserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

func TestHub_Publish(t *testing.T) {
	t.Parallel()
	rules := map[string]func(t *testing.T, h *Hub){
		"puts a room's entries in order": func(t *testing.T, h *Hub) {
			bob := listener(t, h, "bob", "r")
			for _, seq := range []chat.Seq{3, 1, 5, 2, 4} {
				publish(t, h, appended("r", seq))
			}
			wantTold(t, bob, "r 1", "r 2", "r 3", "r 4", "r 5")
		},
		"reads an entry that does not come from the log, and delivers it once": func(t *testing.T, h *Hub) {
			bob := listener(t, h, "bob", "r")
			store(h, appended("r", 1), appended("r", 2), appended("r", 3), appended("r", 4), appended("r", 5))
			publish(t, h, appended("r", 2), appended("r", 3), appended("r", 5))
			wantTold(t, bob)
			time.Sleep(holeWait)
			wantTold(t, bob, "r 1", "r 2", "r 3", "r 4", "r 5")
			publish(t, h, appended("r", 1), appended("r", 4), appended("r", 6))
			wantTold(t, bob, "r 6")
			if n := h.log.(*shelf).reads; n != 1 {
				t.Errorf("the log was read %d times, want once", n)
			}
		},
		"reads the log page by page, also beyond what it holds": func(t *testing.T, h *Hub) {
			bob := listener(t, h, "bob", "r")
			const last = 2 + 2*maxHeld
			for seq := chat.Seq(1); seq <= last; seq++ {
				store(h, appended("r", seq))
				if seq > 1 {
					publish(t, h, appended("r", seq))
				}
			}
			held := func() int {
				r := h.room("r")
				r.mu.Lock()
				defer r.mu.Unlock()
				return len(r.held)
			}
			if n := held(); n != maxHeld {
				t.Errorf("%d entries are held, want %d", n, maxHeld)
			}
			time.Sleep(holeWait)
			got := bob.told() // maybe less than all: so much fills a queue
			if ends := []string{fmt.Sprint("r ", last), fmt.Sprint("r behind ", last)}; !slices.Contains(ends, got[len(got)-1]) {
				t.Errorf("the last that bob was told is %q, want one of %q", got[len(got)-1], ends)
			}
			if n := held(); n != 0 {
				t.Errorf("%d entries are still held", n)
			}
		},
		"waits until the log can be read, and skips nothing": func(t *testing.T, h *Hub) {
			bob := listener(t, h, "bob", "r")
			store(h, appended("r", 1), appended("r", 2), appended("r", 3))
			h.log.(*shelf).fail(errors.New("no disk"))
			publish(t, h, appended("r", 2))
			time.Sleep(holeWait + retryWait)
			publish(t, h, appended("r", 3))
			wantTold(t, bob)
			h.log.(*shelf).fail(nil)
			time.Sleep(retryWait)
			wantTold(t, bob, "r 1", "r 2", "r 3")
		},
		"delivers what came between the head's reading and the first listener": func(t *testing.T, h *Hub) {
			r := h.openRoom("r")
			publish(t, h, appended("r", 2)) // the first listener has read that 0 is the head
			store(h, appended("r", 1), appended("r", 2))
			bob := listener(t, h, "bob", "r")
			time.Sleep(holeWait)
			wantTold(t, bob, "r 1", "r 2")
			if r != h.room("r") {
				t.Error("the room is another one")
			}
		},
		"does not deliver the resend of what was delivered": func(t *testing.T, h *Hub) {
			bob := listener(t, h, "bob", "r")
			publish(t, h, appended("r", 1), appended("r", 2), appended("r", 1), appended("r", 2))
			wantTold(t, bob, "r 1", "r 2")
		},
		"says nothing of typing to the one who types": func(t *testing.T, h *Hub) {
			ann, bob := listener(t, h, "ann", "r"), listener(t, h, "bob", "r")
			h.Publish(t.Context(), chat.Listeners{Room: "r"}, chat.TypingStarted{Room: "r", User: "ann", Name: "Ann"})
			wantTold(t, ann)
			wantTold(t, bob, "typing.started")
		},
		"forgets a connection that is disconnected": func(t *testing.T, h *Hub) {
			bob := listener(t, h, "bob", "r")
			listener(t, h, "cid", "r")
			if err := h.Disconnect(t.Context(), bob.id); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if n := h.Connections(); n != 1 {
				t.Errorf("%d connections are open, want 1", n)
			}
		},
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withHub(t, 0, rule)
		})
	}
}

func TestHub_Subscribe(t *testing.T) {
	t.Parallel()
	t.Run("pushes the entries after the head, in order", func(t *testing.T) {
		t.Parallel()
		withHub(t, 41, func(t *testing.T, h *Hub) {
			bob := listener(t, h, "bob", "r")
			publish(t, h, appended("r", 43), appended("r", 42))
			wantTold(t, bob, "r 42", "r 43")
		})
	})
	t.Run("fails for a connection that has ended", func(t *testing.T) {
		t.Parallel()
		withHub(t, 0, func(t *testing.T, h *Hub) {
			if err := h.Subscribe(t.Context(), "gone", "bob", "r"); chat.CodeOf(err) != chat.CodeNotFound {
				t.Errorf("Subscribe failed with %v, want not_found", err)
			}
		})
	})
	t.Run("fails for more rooms than a connection may listen to", func(t *testing.T) {
		t.Parallel()
		withHub(t, 0, func(t *testing.T, h *Hub) {
			bob := listener(t, h, "bob")
			for i := range chat.MaxRooms {
				bob.subscribe(t, chat.RoomID(fmt.Sprint("r", i)))
			}
			if err := h.Subscribe(t.Context(), bob.id, "bob", "more"); chat.CodeOf(err) != chat.CodeTooLarge {
				t.Errorf("Subscribe failed with %v, want too_large", err)
			}
		})
	})
	t.Run("fails when the head cannot be read", func(t *testing.T) {
		t.Parallel()
		withHub(t, 0, func(t *testing.T, h *Hub) {
			bob := listener(t, h, "bob")
			h.log.(*shelf).fail(errors.New("no disk"))
			if err := h.Subscribe(t.Context(), bob.id, "bob", "r"); chat.CodeOf(err) != chat.CodeUnavailable {
				t.Errorf("Subscribe failed with %v, want unavailable", err)
			}
		})
	})
}

func TestHub_Present(t *testing.T) {
	t.Parallel()
	withHub(t, 0, func(t *testing.T, h *Hub) {
		start := time.Now().UTC()
		laptop, phone := listener(t, h, "bob", "r"), listener(t, h, "bob", "r")
		cid := listener(t, h, "cid", "r")
		listener(t, h, "dan", "s")
		for _, p := range []*peer{laptop, cid} {
			if err := h.Hidden(t.Context(), p.id, true); err != nil {
				t.Fatal(err)
			}
		}
		want := []chat.Presence{
			{User: "bob", Conn: laptop.id, Since: start},
			{User: "cid", Conn: cid.id, IsHidden: true, Since: start},
		}
		wantPresent := func(want []chat.Presence) {
			t.Helper()
			got, err := h.Present(t.Context(), "r")
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("present (-want +got), error %v:\n%s", err, diff)
			}
		}
		wantPresent(want)
		if err := h.Hidden(t.Context(), phone.id, true); err != nil {
			t.Fatal(err)
		}
		h.Evict(t.Context(), "r", "cid", 9)
		want[0].IsHidden = true
		wantPresent(want[:1])
	})
}

func TestHub_Present_isBounded(t *testing.T) {
	t.Parallel()
	withHub(t, 0, func(t *testing.T, h *Hub) {
		for i := range maxPresent + 1 {
			listener(t, h, chat.UserID(fmt.Sprint("user-", i)), "r")
		}
		if got, err := h.Present(t.Context(), "r"); err != nil || len(got) != 1000 {
			t.Errorf("%d present, error %v; want 1000 of %d", len(got), err, maxPresent+1)
		}
	})
}

func TestHub_Unsubscribe(t *testing.T) {
	t.Parallel()
	t.Run("drops what was pushed while the subscription was checked", func(t *testing.T) {
		t.Parallel()
		withHub(t, 0, func(t *testing.T, h *Hub) {
			stranger := connect(t, h, "eve", func(ctx context.Context, c *connection, _ []byte) [][]byte {
				if err := c.hub.Subscribe(ctx, c.id, c.user, "r"); err != nil {
					t.Error(err)
				}
				c.hub.Publish(ctx, chat.Listeners{Room: "r"}, chat.TypingStarted{Room: "r", User: "ann", Name: "Ann"})
				for seq := chat.Seq(1); seq <= 2*maxItems; seq++ { // behind, too
					c.hub.Publish(ctx, chat.Listeners{Room: "r"}, appended("r", seq))
				}
				time.Sleep(time.Second) // the membership is read
				if err := c.hub.Unsubscribe(ctx, c.id, "r"); err != nil {
					t.Error(err)
				}
				return [][]byte{[]byte(ack)}
			})
			h.Tell(t.Context(), "eve", chat.RoomGained{Room: "s"}) // keeps a writer busy
			synctest.Wait()
			stranger.send(t, text("?"))
			time.Sleep(time.Second / 2)
			go stranger.read()
			time.Sleep(time.Second)
			wantTold(t, stranger, "room.gained", "ack")
		})
	})
}

func TestHub_Tell(t *testing.T) {
	t.Parallel()
	withHub(t, 0, func(t *testing.T, h *Hub) {
		laptop, phone, cid := listener(t, h, "bob"), listener(t, h, "bob"), listener(t, h, "cid")
		h.Tell(t.Context(), "bob", chat.RoomGained{Room: "r"})
		wantTold(t, laptop, "room.gained")
		wantTold(t, phone, "room.gained")
		wantTold(t, cid)
		h.Tell(t.Context(), "bob", chat.SignedOut{Reason: "banned"})
		wantTold(t, laptop, "closing signed_out")
		time.Sleep(partingWait)
		synctest.Wait()
		if n := h.Connections(); n != 1 {
			t.Errorf("%d connections are open, want the other user's", n)
		}
		if !laptop.isEnd || !phone.isEnd {
			t.Error("a connection of the user is still open")
		}
	})
}
