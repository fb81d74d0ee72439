package outage

import (
	"context"
	"testing"
	"time"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/e2e/crowd"
	"github.com/maru-chat/maru/e2e/serverless"
	"github.com/maru-chat/maru/internal/chat"
)

// API Gateway's two hours and ten minutes shortened to seconds, and the plan of a
// client that knows them: the page opens its next connection after at most 110
// minutes, and sends a heartbeat every minute. The time between a planned
// replacement and the hard end allows for a machine that is busy with other tests.
const (
	hardEnd   = 15 * time.Second
	idleEnd   = 6 * time.Second
	plannedAt = 4 * time.Second
	beatEvery = time.Second
	// enoughPlanned and enoughCuts are how many planned and how many unplanned ends
	// there must be.
	enoughPlanned = 20
	enoughCuts    = 12
)

// TestCuts has people talk while their connections end. Half of them plan for it:
// each time, they have joined on the next connection before the old one ends. The
// others are cut off and reconnect. Nothing is lost and nothing is duplicated.
func TestCuts(t *testing.T) {
	needsLong(t, "a minute")
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	home := open(t, serverless.Options{IdleTimeout: idleEnd, HardTimeout: hardEnd})
	t.Cleanup(func() {
		if err := home.close(); err != nil {
			t.Error(err)
		}
	})
	const people = 12
	isPlanning := func(i int) bool { return i%2 == 0 }
	plan := func(i int) client.Options {
		if isPlanning(i) {
			return client.Options{Lifetime: plannedAt, Heartbeat: beatEvery}
		}
		return client.Options{}
	}
	loud := crowd.Gather(ctx, t, crowd.Options{
		Home: home.URL(), Seed: seed(t), People: people, Rooms: []chat.RoomID{"loud"},
		Output: home.Output, Pause: 2 * time.Second, Client: plan,
	})
	// Nothing is pushed to them, so the one without heartbeats is idle.
	quiet := crowd.Gather(ctx, t, crowd.Options{
		Home: home.URL(), Seed: seed(t), People: 2, Rooms: []chat.RoomID{"quiet"}, Output: home.Output, Client: plan,
	})
	watcher, sleeper := quiet.People[0], quiet.People[1]

	hush := loud.Talk(ctx)
	await(ctx, t, "enough ends of connections", func() bool {
		planned, others := ends(loud, isPlanning)
		return planned.Handovers >= enoughPlanned && others.Cuts >= enoughCuts && sleeper.Counts().Cuts > 0
	})
	hush()
	planned, others := ends(loud, isPlanning)
	if planned = planned.Plus(watcher.Counts()); planned.Cuts > 0 {
		t.Errorf("%d connections ended before the next one had joined, %d in time", planned.Cuts, planned.Handovers)
	}
	t.Logf("%d ends with the next connection joined before, %d of people who were cut off, %d of one who was idle",
		planned.Handovers, others.Cuts, sleeper.Counts().Cuts)
	t.Log(loud.Settle(ctx, t))
	t.Log(quiet.Settle(ctx, t))
}

// ends adds up the counts of those who plan, and those of the others.
func ends(people *crowd.Crowd, isPlanning func(i int) bool) (planned, others client.Counts) {
	for i, p := range people.People {
		if isPlanning(i) {
			planned = planned.Plus(p.Counts())
		} else {
			others = others.Plus(p.Counts())
		}
	}
	return planned, others
}
