package outage

import (
	"context"
	"testing"
	"time"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/e2e/crowd"
	"github.com/maru-chat/maru/internal/chat"
)

const (
	// crowdPulse is the interval of each person's heartbeats.
	crowdPulse = 20 * time.Second
	// leastCoalesced is how many posts of a burst a push carries at least on
	// average, however slowly a busy machine takes the burst.
	leastCoalesced = 2
)

// TestCrowd has 50 people post at once in a room of 200, which the stream pushes to.
// Posts that are written between two reads of the stream travel in one message:
// everybody sees every post once, in far fewer messages than posts.
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
	before, countsBefore := headOf(people, room), counts(people)
	people.All(t, func(i int, p *crowd.Person) error {
		for range posts {
			if i < senders {
				p.Post(room)
			}
		}
		return p.Reach(ctx, room, before+senders*posts)
	})
	found := people.Settle(ctx, t)
	pushed, pushes := found.Counts.Pushed-countsBefore.Pushed, found.Counts.Pushes-countsBefore.Pushes
	k := float64(pushed) / float64(pushes)
	t.Logf("%d clients, %d senders at once, k = %.1f posts in a push: %s", clients, senders, k, found)
	if pushes == 0 || k < leastCoalesced {
		t.Errorf("%d posts came in %d pushes, want at least %d in each", pushed, pushes, leastCoalesced)
	}
	if found.Counts.Failures > 0 || found.Counts.Refusals > 0 {
		t.Errorf("%d answers and %d handshakes failed, and nobody killed a function; the home said:\n%s",
			found.Counts.Failures, found.Counts.Refusals, people.Output())
	}
}

// counts adds up the counts of all people.
func counts(people *crowd.Crowd) (sum client.Counts) {
	for _, p := range people.People {
		sum = sum.Plus(p.Counts())
	}
	return sum
}
