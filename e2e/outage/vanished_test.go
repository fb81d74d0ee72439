package outage

import (
	"context"
	"testing"
	"time"

	"github.com/maru-chat/maru/e2e/crowd"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/faultproxy"
)

// TestVanished ends a connection without the home noticing. The next function that
// pushes to the room finds it gone and removes its row, and meanwhile the others
// are pushed everything.
func TestVanished(t *testing.T) {
	needsLong(t, "twenty seconds")
	for name, size := range map[string]int{"few": fewPeople, "many": manyPeople} {
		t.Run("from a room of "+name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), testLimit)
			defer cancel()
			home := shared(t)
			room := home.room("vanished-" + name)
			people := crowd.Gather(ctx, t, crowd.Options{
				Home: home.URL(), Seed: seed(t), People: size, Rooms: []chat.RoomID{room}, Output: home.Output,
			})
			vanish(ctx, t, home, room)
			if rows := listeners(ctx, t, home, room); rows != size+1 {
				t.Fatalf("%d listeners are known, want %d and the one that vanished", rows, size)
			}
			talker := people.People[0]
			var slowest time.Duration
			// The row of a connection younger than some seconds is kept: it may not be open yet.
			await(ctx, t, "the row gone", func() bool {
				said := time.Now()
				talker.Post(room)
				if err := talker.CatchUp(ctx); err != nil {
					t.Fatal(err)
				}
				everybodyReaches(ctx, t, people, room, headOf(people, room))
				slowest = max(slowest, time.Since(said))
				return listeners(ctx, t, home, room) == size
			})
			t.Logf("slowest push to all %v: %s", slowest, people.Settle(ctx, t))
		})
	}
}

// vanish opens a connection that listens to the room, closes it, and kills the
// function that handles its $disconnect.
func vanish(ctx context.Context, t *testing.T, home *place, room chat.RoomID) {
	t.Helper()
	ghost, leave := visitor(ctx, t, home, room, "ghost")
	defer leave()
	slow := home.proxy.Met()[faultproxy.Slow]
	home.proxy.Script("DeleteItem", faultproxy.Slow)
	leave()
	<-ghost.Ended()
	await(ctx, t, "the end under way", func() bool { return home.proxy.Met()[faultproxy.Slow] > slow })
	if killed, err := home.KillBusy(ctx, "socket"); err != nil || killed != 1 {
		t.Fatalf("killed %d functions: %v", killed, err)
	}
}

// listeners counts the connections that listen to the room according to the table.
func listeners(ctx context.Context, t *testing.T, home *place, room chat.RoomID) int {
	t.Helper()
	page, err := home.store.Listeners(ctx, room, "", 2*manyPeople)
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Listeners)
}
