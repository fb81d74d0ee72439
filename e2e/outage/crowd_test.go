package outage

import (
	"context"
	"testing"
	"time"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/e2e/crowd"
	"github.com/maru-chat/maru/internal/chat"
)

// crowdPulse is the interval of each person's heartbeats.
const crowdPulse = 20 * time.Second

// TestCrowd has 50 people post at once in a room of 200.
func TestCrowd(t *testing.T) {
	needsLong(t, "a minute")
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	const clients, senders, posts = 200, 50, 3
	home := shared(t)
	room := home.room("crowd")
	people := crowd.Gather(ctx, t, crowd.Options{
		Home: home.URL(), Seed: seed(t), People: clients, Rooms: []chat.RoomID{room}, Output: home.Output,
		// A busy machine loses pushes, and only a heartbeat repairs that.
		Client: func(int) client.Options { return client.Options{Heartbeat: crowdPulse} },
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
	found := people.Settle(ctx, t)
	t.Logf("%d clients, %d senders at once: %s", clients, senders, found)
	if found.Counts.Failures > 0 || found.Counts.Refusals > 0 {
		t.Errorf("%d answers and %d handshakes failed, and nobody killed a function; the home said:\n%s",
			found.Counts.Failures, found.Counts.Refusals, people.Output())
	}
}
