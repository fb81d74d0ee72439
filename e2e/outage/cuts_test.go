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

// API Gateway's two hours and ten minutes in seconds, with the plan of a client
// that knows of them: the page opens its next connection after at most 110
// minutes, and asks what it has missed every minute. A machine that is busy with
// other tests must not take what lies between a plan and an end.
const (
	hardEnd   = 15 * time.Second
	idleEnd   = 6 * time.Second
	plannedAt = 4 * time.Second
	beatEvery = time.Second
	// enoughCuts is how many planned ends, and how many that nobody planned for,
	// the talk lasts.
	enoughCuts = 20
)

// TestCuts lets people talk while their connections end. Half of them plan for
// it: they have joined on the next connection before the old one ends, each
// time. The others are cut off and come back. Nothing is lost, nothing is twice.
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
	const people = 16
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
	// Nothing is pushed to them: who does not ask either is idle.
	quiet := crowd.Gather(ctx, t, crowd.Options{
		Home: home.URL(), Seed: seed(t), People: 2, Rooms: []chat.RoomID{"quiet"}, Output: home.Output, Client: plan,
	})
	watcher, sleeper := quiet.People[0], quiet.People[1]

	hush := loud.Talk(ctx)
	await(ctx, t, "enough ends of connections", func() bool {
		planned, others := ends(loud, isPlanning)
		return planned.Handovers >= enoughCuts && others.Cuts >= enoughCuts && sleeper.Counts().Cuts > 0
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

// ends adds up what happened to those who plan and to the others.
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
