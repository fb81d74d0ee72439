package outage

import (
	"context"
	"testing"
	"time"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/e2e/crowd"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/faultproxy"
)

const (
	// The sender's function pushes to a room of fewPeople, the stream's function to
	// one of manyPeople.
	fewPeople  = 8
	manyPeople = 34
	// pulse is the interval of a reader's heartbeats; a page's is a minute.
	pulse     = 300 * time.Millisecond
	testLimit = 3 * time.Minute
)

// TestKilledSender_few kills a function between its write and its pushes, and the
// sender with it, so that nobody sends again: readers find the entry by their
// heartbeats, and not before.
func TestKilledSender_few(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	home := shared(t)
	room := home.room("killed-few")
	isAsking := func(i int) bool { return i%2 == 1 }
	people := crowd.Gather(ctx, t, crowd.Options{
		Home: home.URL(), Seed: seed(t), People: fewPeople, Rooms: []chat.RoomID{room}, Output: home.Output,
		Client: func(i int) client.Options {
			if isAsking(i) {
				return client.Options{Heartbeat: pulse}
			}
			return client.Options{}
		},
	})
	before := headOf(people, room)
	lastWords(ctx, t, home, room, faultproxy.Held)
	for i, p := range people.People {
		if !isAsking(i) {
			continue
		}
		if err := p.Reach(ctx, room, before+2); err != nil {
			t.Fatal(err)
		}
	}
	spared := 0
	for i, p := range people.People {
		// If its own function was killed too, it has read the room on a new connection.
		if isAsking(i) || p.Counts().Opened > 1 {
			continue
		}
		spared++
		if held := len(p.Entries(room)); chat.Seq(held) > before+1 {
			t.Errorf("%s holds %d entries and asked for none", p.Account().Name, held)
		}
	}
	if spared == 0 {
		t.Errorf("every reader has asked: the test shows nothing about those who do not")
	}
	t.Log(people.Settle(ctx, t))
}

// gatherMany creates a room of so many people that the stream's function pushes to
// them.
func gatherMany(ctx context.Context, t *testing.T, home *place, name string) (chat.RoomID, *crowd.Crowd) {
	t.Helper()
	room := home.room(name)
	return room, crowd.Gather(ctx, t, crowd.Options{
		Home: home.URL(), Seed: seed(t), People: manyPeople, Rooms: []chat.RoomID{room}, Output: home.Output,
	})
}

// TestKilledSender_many kills a function while its write is on the way to the
// table, in a room to which the stream's function pushes: everybody is pushed the
// entry, and nobody asks for it.
func TestKilledSender_many(t *testing.T) {
	needsLong(t, "ten seconds")
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	home := shared(t)
	room, people := gatherMany(ctx, t, home, "killed-many")
	before := headOf(people, room)
	lastWords(ctx, t, home, room, faultproxy.Slow)
	everybodyReaches(ctx, t, people, room, before+2)
	t.Log(people.Settle(ctx, t))
}

// TestKilledPush kills the stream's function while it pushes: its events are
// repeated, and everybody is pushed everything.
func TestKilledPush(t *testing.T) {
	needsLong(t, "ten seconds")
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	home := shared(t)
	room, people := gatherMany(ctx, t, home, "killed-push")
	const kills = 3
	talker := people.People[0]
	for range kills {
		await(ctx, t, "the stream's function at work", func() bool {
			if talker.Waiting(room) == 0 {
				talker.Post(room)
			}
			killed, err := home.KillBusy(ctx, "push")
			if err != nil {
				t.Fatal(err)
			}
			return killed > 0
		})
		if err := talker.CatchUp(ctx); err != nil {
			t.Fatal(err)
		}
		everybodyReaches(ctx, t, people, room, headOf(people, room))
	}
	t.Log(people.Settle(ctx, t))
}

// lastWords has a new user join the room and post, and kills both the user's
// connection and the function that writes the post: with Held before the function
// gets the table's answer, with Slow before the table gets the write.
func lastWords(ctx context.Context, t *testing.T, home *place, room chat.RoomID, fault faultproxy.Fault) {
	t.Helper()
	speaker, leave := visitor(ctx, t, home, room, "speaker")
	defer leave()
	met := home.proxy.Met()[fault]
	home.proxy.Script("PutItem", fault)
	speaker.Write(room, "last", chat.Content{Kind: chat.KindPosted, Text: "these are my last words"})
	await(ctx, t, "the write on its way", func() bool { return home.proxy.Met()[fault] > met })
	leave()
	if killed, err := home.KillBusy(ctx, "socket"); err != nil || killed == 0 {
		t.Fatalf("killed %d functions: %v", killed, err)
	}
	<-speaker.Ended()
}

func headOf(people *crowd.Crowd, room chat.RoomID) chat.Seq {
	return chat.Seq(len(people.People[0].Entries(room)))
}

// everybodyReaches waits until everybody has been pushed the entries up to seq.
func everybodyReaches(ctx context.Context, t *testing.T, people *crowd.Crowd, room chat.RoomID, seq chat.Seq) {
	t.Helper()
	people.All(t, func(_ int, p *crowd.Person) error { return p.Reach(ctx, room, seq) })
}
