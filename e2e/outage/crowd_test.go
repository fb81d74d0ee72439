package outage

import (
	"context"
	"testing"

	"github.com/maru-chat/maru/e2e/crowd"
	"github.com/maru-chat/maru/internal/chat"
)

// TestCrowd lets many talk at once in a room of many more.
func TestCrowd(t *testing.T) {
	needsLong(t, "a minute")
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	const clients, senders, posts = 200, 50, 3
	home := shared(t)
	room := home.room("crowd")
	people := crowd.Gather(ctx, t, crowd.Options{
		Home: home.URL(), Seed: seed(t), People: clients, Rooms: []chat.RoomID{room}, Output: home.Output,
	})
	before := headOf(people, room)
	people.All(t, func(i int, p *crowd.Person) error {
		for range posts {
			if i < senders {
				p.Post(room)
			}
		}
		return p.Reach(ctx, room, before+senders*posts)
	})
	t.Logf("%d clients, %d senders at once: %s", clients, senders, people.Settle(ctx, t))
}
