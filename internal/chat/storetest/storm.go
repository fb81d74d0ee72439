package storetest

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// StormHarness gives [RunStorm] a store and says how much it does.
type StormHarness struct {
	// Open returns the ports of one store: Log, Rooms, Members and Accounts,
	// whose calls may fail with CodeUnavailable. The suite adds the rest.
	Open func(t testing.TB) chat.Ports
	// Seed decides what people do.
	Seed uint64
	// People defaults to 6, and Acts, which is how many each of them does, to 40.
	People, Acts int
}

// RunStorm makes people do everything at once in one room, through a chat.Service
// over the store, and then audits the log: each entry is allowed by the entries
// before it, whatever its author had seen; no entry is there twice; each entry
// that was answered has the seq answered; and the room, its members and its posts
// are what the log makes of them.
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
	done := slices.Concat(answered...)
	if len(done) < h.People*h.Acts/10 {
		t.Errorf("%d of %d acts were answered with an entry: too few to show anything", len(done), h.People*h.Acts)
	}
	log := settledLog(t, &ports, room, people)
	for _, problem := range slices.Concat(audit(log), missing(log, done)) {
		t.Error(problem)
	}
}

// settledLog returns the whole log, and checks that the store's room, members
// and posts are what the log makes of them. An append that was given up may
// still land meanwhile; then both are read again.
func settledLog(t testing.TB, ports *chat.Ports, room chat.RoomID, people []chat.UserID) []chat.Entry {
	t.Helper()
	store := persistentLog{ports.Log, t}
	for range 100 {
		log := readAll(t, store, room, chat.MaxPage)
		rooms := persist(t, "find rooms", func() ([]chat.Room, error) { return ports.Rooms.FindRooms(t.Context(), room) })
		members := persist(t, "find members", func() ([]chat.Member, error) {
			return ports.Members.FindMembers(t.Context(), room, people...)
		})
		posts := historyOf(t, store, room, chat.MaxHistory)
		if len(readAll(t, store, room, chat.MaxPage)) > len(log) {
			continue
		}
		fold := foldOf(log)
		wantEqual(t, "room", rooms, []chat.Room{fold.Room})
		wantEqual(t, "members", members, membersIn(fold, people))
		wantEqual(t, "history", posts, postsIn(fold))
		return log
	}
	t.Fatal("the log does not come to rest")
	return nil
}

// persistentLog reads until the answer is not lost.
type persistentLog struct {
	chat.Log
	t testing.TB
}

func (l persistentLog) Read(ctx context.Context, room chat.RoomID, after chat.Cursor, limit int) (chat.LogPage, error) {
	return persist(l.t, "read", func() (chat.LogPage, error) { return l.Log.Read(ctx, room, after, limit) }), nil
}

func (l persistentLog) History(ctx context.Context, room chat.RoomID, before chat.Seq, limit int) (chat.HistoryPage, error) {
	return persist(l.t, "history", func() (chat.HistoryPage, error) { return l.Log.History(ctx, room, before, limit) }), nil
}

// saveNewUser saves a new user. A conflict means that an earlier attempt, reported
// as failed, has saved the user.
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
