package wsserver

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

func TestClassic_event(t *testing.T) {
	t.Parallel()
	withHub(t, 0, func(t *testing.T, h *Hub) {
		room, err := chat.ClassicRoom("lobby")
		if err != nil {
			t.Fatal(err)
		}
		old := connectAs(t, h, client{user: "old", codec: classic{}, handle: ignore})
		go old.read()
		old.subscribe(t, room)
		published := appended(room, 2)
		published.AuthorName = "Ann"
		store(h, appended(room, 1), published)
		publish(t, h, published)
		time.Sleep(holeWait)
		want := []string{
			`{"room_id":"lobby","timestamp":1,"message":"hi","user_id":"ann","name":"Name of ann"}`,
			`{"room_id":"lobby","timestamp":2,"message":"hi","user_id":"ann","name":"Ann"}`,
		}
		if diff := cmp.Diff(want, old.told()); diff != "" {
			t.Errorf("the name of a post read from the log, then one that came with its post (-want +got):\n%s", diff)
		}
	})
}

// A classic page passes a whole message to JSON.parse.
func TestClassic_burst(t *testing.T) {
	t.Parallel()
	withHub(t, 0, func(t *testing.T, h *Hub) {
		old := connectAs(t, h, client{user: "old", codec: classic{}, handle: ignore})
		old.subscribe(t, "c-bG9iYnk")
		for seq := chat.Seq(1); seq <= 20; seq++ { // it reads none of them yet
			publish(t, h, appended("c-bG9iYnk", seq))
		}
		go old.read()
		if diff := cmp.Diff(slices.Repeat([]int{1}, 20), old.messages()); diff != "" {
			t.Errorf("objects in each message (-want +got):\n%s", diff)
		}
	})
}

func TestHub_listenClassic(t *testing.T) {
	t.Parallel()
	for user, want := range map[chat.UserID]chat.Code{"bob": "", "eve": chat.CodeForbidden} {
		t.Run(string(user), func(t *testing.T) {
			t.Parallel()
			withHub(t, 0, func(t *testing.T, h *Hub) {
				c, err := h.enter(client{user: user, codec: classic{}, handle: ignore})
				if err != nil {
					t.Fatal(err)
				}
				defer h.leave(c)
				if err := h.listenClassic(t.Context(), c, "r"); chat.CodeOf(err) != want {
					t.Errorf("who is a member no longer when subscribed: %v, want code %q", err, want)
				}
			})
		})
	}
}
