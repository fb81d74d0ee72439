package chattest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// Audience keeps subscriptions in memory and records what is delivered. It learns
// of a connection by its first subscription. It is safe for concurrent use.
type Audience struct {
	now func() time.Time

	mu        sync.Mutex
	listeners []listener
	hidden    map[chat.ConnID]bool
	heard     map[chat.ConnID][]chat.Event
	delivered []Delivery
	err       error
}

type listener struct {
	room  chat.RoomID
	user  chat.UserID
	conn  chat.ConnID
	since time.Time
}

// Delivery is one call of Publish, Tell or Evict, in the order of the calls.
type Delivery struct {
	// Room is set for Publish and Evict, User for Tell and Evict.
	Room chat.RoomID
	User chat.UserID
	// To are the users who listened to the room when Publish was called.
	To []chat.UserID
	// Event is nil for Evict, which sets Evicted.
	Event   chat.Event
	Evicted chat.Seq
}

var (
	_ chat.Audience      = (*Audience)(nil)
	_ chat.Subscriptions = (*Audience)(nil)
)

// NewAudience returns an audience that nobody listens to.
func NewAudience(now func() time.Time) *Audience {
	return &Audience{now: now, hidden: map[chat.ConnID]bool{}, heard: map[chat.ConnID][]chat.Event{}}
}

// Fail makes every later Gather, Present and change of a subscription return err,
// until it is called with nil.
func (a *Audience) Fail(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
}

// Delivered returns what was delivered so far.
func (a *Audience) Delivered() []Delivery {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.delivered)
}

// Heard returns what the connection was told since the last call.
func (a *Audience) Heard(conn chat.ConnID) []chat.Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	heard := a.heard[conn]
	delete(a.heard, conn)
	return heard
}

// Reset forgets what was delivered so far.
func (a *Audience) Reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.delivered = nil
}

// Subscribe implements chat.Subscriptions.
func (a *Audience) Subscribe(_ context.Context, conn chat.ConnID, user chat.UserID, room chat.RoomID) error {
	return a.change(func() {
		a.forget(func(l listener) bool { return l.conn == conn && l.room == room })
		a.listeners = append(a.listeners, listener{room: room, user: user, conn: conn, since: a.now()})
	})
}

// Unsubscribe implements chat.Subscriptions.
func (a *Audience) Unsubscribe(_ context.Context, conn chat.ConnID, room chat.RoomID) error {
	return a.change(func() {
		a.forget(func(l listener) bool { return l.conn == conn && l.room == room })
	})
}

// Hidden implements chat.Subscriptions.
func (a *Audience) Hidden(_ context.Context, conn chat.ConnID, isHidden bool) error {
	return a.change(func() { a.hidden[conn] = isHidden })
}

// Disconnect implements chat.Subscriptions.
func (a *Audience) Disconnect(_ context.Context, conn chat.ConnID) error {
	return a.change(func() {
		a.forget(func(l listener) bool { return l.conn == conn })
		delete(a.hidden, conn)
	})
}

func (a *Audience) change(do func()) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err == nil {
		do()
	}
	return a.err
}

func (a *Audience) forget(isGone func(listener) bool) {
	a.listeners = slices.DeleteFunc(a.listeners, isGone)
}

// Gather implements chat.Audience.
func (a *Audience) Gather(_ context.Context, room chat.RoomID) (chat.Listeners, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return chat.Listeners{Room: room}, a.err
}

// Publish implements chat.Audience.
func (a *Audience) Publish(_ context.Context, to chat.Listeners, event chat.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var users []chat.UserID
	for _, l := range a.listeners {
		if l.room == to.Room && !passedRemovalOf(l.user, event) {
			users = append(users, l.user)
			a.heard[l.conn] = append(a.heard[l.conn], event)
		}
	}
	slices.Sort(users)
	a.delivered = append(a.delivered, Delivery{Room: to.Room, To: slices.Compact(users), Event: event})
}

// passedRemovalOf reports whether the entries that the event's entry passed took
// the user out of the room.
func passedRemovalOf(user chat.UserID, event chat.Event) (isOut bool) {
	appended, isEntry := event.(*chat.EntryAppended)
	if !isEntry {
		return false
	}
	for _, e := range appended.Passed {
		if e.User == user {
			isOut = e.Kind == chat.KindLeft || e.Kind == chat.KindRemoved
		}
	}
	return isOut
}

// Tell implements chat.Audience.
func (a *Audience) Tell(_ context.Context, user chat.UserID, event chat.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	told := map[chat.ConnID]bool{}
	for _, l := range a.listeners {
		if l.user == user && !told[l.conn] {
			told[l.conn] = true
			a.heard[l.conn] = append(a.heard[l.conn], event)
		}
	}
	a.delivered = append(a.delivered, Delivery{User: user, Event: event})
}

// Evict implements chat.Audience.
func (a *Audience) Evict(_ context.Context, room chat.RoomID, user chat.UserID, seq chat.Seq) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forget(func(l listener) bool { return l.room == room && l.user == user })
	a.delivered = append(a.delivered, Delivery{Room: room, User: user, Evicted: seq})
}

// Present implements chat.Audience.
func (a *Audience) Present(_ context.Context, room chat.RoomID) ([]chat.Presence, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	byUser := map[chat.UserID]chat.Presence{}
	for _, l := range a.listeners {
		known, isKnown := byUser[l.user]
		if l.room == room && (!isKnown || known.IsHidden) {
			byUser[l.user] = chat.Presence{User: l.user, Conn: l.conn, IsHidden: a.hidden[l.conn], Since: l.since}
		}
	}
	var present []chat.Presence
	for _, p := range byUser {
		present = append(present, p)
	}
	slices.SortFunc(present, func(x, y chat.Presence) int { return cmp.Compare(x.User, y.User) })
	return present, a.err
}
