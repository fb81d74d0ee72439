package storetest

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// StormHarness says how [RunStorm] gets at a store, and how hard it tries.
type StormHarness struct {
	// Open returns the ports of one store: Log, Rooms, Members and Accounts,
	// whose calls may fail with CodeUnavailable. The suite adds the rest.
	Open func(t testing.TB) chat.Ports
	// Seed decides what people do.
	Seed uint64
	// People defaults to 6, Acts, which each of them does, to 40.
	People, Acts int
}

// RunStorm lets people do everything at once in one room, through a
// chat.Service over the store, and audits the log afterwards: each entry was
// allowed by what stood before it, whatever its author had seen; no entry
// stands twice; and what was answered stands where it was said to stand.
func RunStorm(t testing.TB, h StormHarness) {
	if h.People == 0 {
		h.People = 6
	}
	if h.Acts == 0 {
		h.Acts = 40
	}
	ports := h.Open(t)
	ports.Subscriptions, ports.Audience, ports.Limiter = nobody{}, nobody{}, nobody{}
	service := chat.NewService(ports, func() time.Time { return startOfTime }, func() string { return unique("id") })
	service.Rates = chat.Rates{}

	room, people := uniqueRoom(), make([]chat.UserID, h.People)
	for i := range people {
		people[i] = uniqueUser()
		saveNewUser(t, ports.Accounts, people[i])
	}
	persist(t, "create", func() (chat.Written, error) {
		w := chat.Write{Room: room, ID: "create"}
		return service.Create(t.Context(), people[0], chat.Create{Write: w, Title: "마루", Visibility: chat.Public})
	})
	answered := make([][]chat.Entry, h.People)
	concurrently(h.People, func(i int) {
		a := &actor{
			t: t, service: service, ports: &ports, room: room, user: people[i], others: people,
			chance: rand.New(rand.NewPCG(h.Seed, uint64(i))),
		}
		for n := range h.Acts {
			a.act(n)
		}
		answered[i] = a.answered
	})
	page := persist(t, "read", func() (chat.LogPage, error) {
		return ports.Log.Read(t.Context(), room, chat.Cursor{}, chat.MaxPage)
	})
	for _, problem := range slices.Concat(audit(page.Entries), missing(page.Entries, slices.Concat(answered...))) {
		t.Error(problem)
	}
}

// saveNewUser saves a user whose save may be reported failed though it was made.
func saveNewUser(t testing.TB, accounts chat.Accounts, id chat.UserID) {
	t.Helper()
	persist(t, "save a user", func() (chat.User, error) {
		u, err := accounts.SaveUser(t.Context(), chat.User{ID: id, Name: "이름", CreatedAt: startOfTime})
		if chat.CodeOf(err) == chat.CodeConflict {
			return u, nil
		}
		return u, err
	})
}

// nobody is an audience without listeners and a limiter without limits.
type nobody struct{}

func (nobody) Subscribe(context.Context, chat.ConnID, chat.UserID, chat.RoomID) error { return nil }
func (nobody) Unsubscribe(context.Context, chat.ConnID, chat.RoomID) error            { return nil }
func (nobody) Hidden(context.Context, chat.ConnID, bool) error                        { return nil }
func (nobody) Disconnect(context.Context, chat.ConnID) error                          { return nil }
func (nobody) Publish(context.Context, chat.Listeners, chat.Event)                    {}
func (nobody) Tell(context.Context, chat.UserID, chat.Event)                          {}
func (nobody) Evict(context.Context, chat.RoomID, chat.UserID, chat.Seq)              {}

func (nobody) Gather(_ context.Context, room chat.RoomID) (chat.Listeners, error) {
	return chat.Listeners{Room: room}, nil
}

func (nobody) Present(context.Context, chat.RoomID) ([]chat.Presence, error) { return nil, nil }

func (nobody) Take(context.Context, string, chat.Rate) (time.Duration, error) { return 0, nil }
