package chattest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// Epoch is where a [Clock] begins.
var Epoch = time.Date(2026, time.March, 3, 9, 0, 0, 0, time.UTC)

// Clock is a clock that moves only when told to.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock at [Epoch].
func NewClock() *Clock { return &Clock{now: Epoch} }

// Now returns the time that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// NewIDs returns a source of ids: "id-1", "id-2" and so on.
func NewIDs() func() string {
	var mu sync.Mutex
	n := 0
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprintf("id-%d", n)
	}
}

// Fixture is a service on a memory store, with all that it touches in reach.
type Fixture struct {
	*chat.Service
	Memory   *Memory
	Audience *Audience
	Limiter  *Limiter
	Clock    *Clock
	Ports    chat.Ports
}

// NewFixture returns a service on fresh memory. change may put decorators
// around ports, and may be nil.
func NewFixture(change func(*chat.Ports)) *Fixture {
	f := &Fixture{Memory: NewMemory(), Audience: NewAudience(), Limiter: &Limiter{}, Clock: NewClock()}
	f.Ports = chat.Ports{
		Log: f.Memory, Rooms: f.Memory, Members: f.Memory, Marks: f.Memory,
		Accounts: f.Memory, Search: f.Memory,
		Subscriptions: f.Audience, Audience: f.Audience, Limiter: f.Limiter,
	}
	if change != nil {
		change(&f.Ports)
	}
	f.Service = chat.NewService(f.Ports, f.Clock.Now, NewIDs())
	return f
}

// Limiter gives every token until it is told to refuse a key.
type Limiter struct {
	mu    sync.Mutex
	waits map[string]time.Duration
	// Taken lists the keys asked for, in order.
	taken []string
}

// Refuse makes the limiter refuse the key with the wait; 0 gives again.
func (l *Limiter) Refuse(key string, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waits == nil {
		l.waits = map[string]time.Duration{}
	}
	l.waits[key] = wait
}

// Take is chat.Limiter's.
func (l *Limiter) Take(_ context.Context, key string, _ chat.Rate) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken = append(l.taken, key)
	return l.waits[key], nil
}

// Taken returns how often the key was asked for.
func (l *Limiter) Taken(key string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, taken := range l.taken {
		if taken == key {
			n++
		}
	}
	return n
}

// Audience keeps subscriptions in memory and records what it was asked to
// deliver. It is both chat.Subscriptions and chat.Audience.
type Audience struct {
	mu     sync.Mutex
	conns  map[chat.ConnID]*connection
	events []Delivery
}

type connection struct {
	user     chat.UserID
	rooms    map[chat.RoomID]bool
	isHidden bool
}

// Delivery is one event and to whom it went: User for Tell, otherwise Conns.
// An eviction has an Evicted event.
type Delivery struct {
	User  chat.UserID
	Conns []chat.ConnID
	Event any
}

// Evicted records a call of Evict.
type Evicted struct {
	Room chat.RoomID
	User chat.UserID
	Seq  chat.Seq
}

// NewAudience returns an audience that nobody listens in.
func NewAudience() *Audience { return &Audience{conns: map[chat.ConnID]*connection{}} }

// Deliveries returns all deliveries so far, oldest first.
func (a *Audience) Deliveries() []Delivery {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.events)
}

// Subscribe is chat.Subscriptions'.
func (a *Audience) Subscribe(_ context.Context, conn chat.ConnID, user chat.UserID, room chat.RoomID) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conns[conn] == nil {
		a.conns[conn] = &connection{user: user, rooms: map[chat.RoomID]bool{}}
	}
	a.conns[conn].rooms[room] = true
	return nil
}

// Unsubscribe is chat.Subscriptions'.
func (a *Audience) Unsubscribe(_ context.Context, conn chat.ConnID, room chat.RoomID) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.conns[conn]; c != nil {
		delete(c.rooms, room)
	}
	return nil
}

// Hidden is chat.Subscriptions'.
func (a *Audience) Hidden(_ context.Context, conn chat.ConnID, isHidden bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.conns[conn]; c != nil {
		c.isHidden = isHidden
	}
	return nil
}

// Disconnect is chat.Subscriptions'.
func (a *Audience) Disconnect(_ context.Context, conn chat.ConnID) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.conns, conn)
	return nil
}

// Gather is chat.Audience's.
func (a *Audience) Gather(_ context.Context, room chat.RoomID) (chat.Listeners, error) {
	return chat.Listeners{Room: room}, nil
}

// Publish is chat.Audience's.
func (a *Audience) Publish(_ context.Context, to chat.Listeners, event chat.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events = append(a.events, Delivery{Conns: a.listening(to.Room), Event: event})
}

// Tell is chat.Audience's.
func (a *Audience) Tell(_ context.Context, user chat.UserID, event chat.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events = append(a.events, Delivery{User: user, Event: event})
}

// Evict is chat.Audience's.
func (a *Audience) Evict(_ context.Context, room chat.RoomID, user chat.UserID, seq chat.Seq) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.conns {
		if c.user == user {
			delete(c.rooms, room)
		}
	}
	a.events = append(a.events, Delivery{User: user, Event: Evicted{Room: room, User: user, Seq: seq}})
}

// Present is chat.Audience's.
func (a *Audience) Present(_ context.Context, room chat.RoomID) ([]chat.Presence, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var present []chat.Presence
	for _, id := range a.listening(room) {
		c := a.conns[id]
		isSame := func(p chat.Presence) bool { return p.User == c.user }
		if i := slices.IndexFunc(present, isSame); i >= 0 {
			present[i].IsHidden = present[i].IsHidden && c.isHidden
			continue
		}
		present = append(present, chat.Presence{User: c.user, Conn: id, IsHidden: c.isHidden, Since: Epoch})
	}
	return present, nil
}

func (a *Audience) listening(room chat.RoomID) []chat.ConnID {
	var conns []chat.ConnID
	for id, c := range a.conns {
		if c.rooms[room] {
			conns = append(conns, id)
		}
	}
	slices.Sort(conns)
	return conns
}
