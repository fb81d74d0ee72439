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
	// fewPeople are pushed to by the sender's function, manyPeople by the stream.
	fewPeople  = 8
	manyPeople = 34
	// pulse is how often a reader asks what it has missed; people's pages ask
	// every minute.
	pulse     = 300 * time.Millisecond
	testLimit = 3 * time.Minute
)

// TestKilledSender_few kills a function between its write and its pushes, with
// nobody left to send again: readers who ask find the entry, the others do not
// until they ask.
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
		// Its function may have been killed as well: then it has asked on a new connection.
		if isAsking(i) || p.Counts().Opened > 1 {
			continue
		}
		spared++
		if held := len(p.Entries(room)); chat.Seq(held) > before+1 {
			t.Errorf("%s holds %d entries and asked for none", p.Account().Name, held)
		}
	}
	if spared == 0 {
		t.Errorf("everybody has asked: nothing is known of those who do not")
	}
	t.Log(people.Settle(ctx, t))
}

// gatherMany makes a room of so many that the stream brings them what is said.
func gatherMany(ctx context.Context, t *testing.T, home *place, name string) (chat.RoomID, *crowd.Crowd) {
	t.Helper()
	room := home.room(name)
	return room, crowd.Gather(ctx, t, crowd.Options{
		Home: home.URL(), Seed: seed(t), People: manyPeople, Rooms: []chat.RoomID{room}, Output: home.Output,
	})
}

// TestKilledSender_many kills a function before the table has its write, in a
// room that the stream serves: it brings everybody the entry, and nobody asks.
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

// TestKilledPush kills the function of the stream while it pushes: its events
// are repeated, and everybody is brought everything.
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

// lastWords lets somebody join the room and say something, and kills them and
// the function that writes it: Held before it hears that the table has the
// words, Slow before the table gets them.
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

// everybodyReaches waits until pushes have brought everybody up to seq.
func everybodyReaches(ctx context.Context, t *testing.T, people *crowd.Crowd, room chat.RoomID, seq chat.Seq) {
	t.Helper()
	people.All(t, func(_ int, p *crowd.Person) error { return p.Reach(ctx, room, seq) })
}
