package apigw

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

const (
	// MaxDirect is how many connections the sender's own function pushes to. If
	// there are more, the entry is written with HintStream, and Stream pushes it.
	MaxDirect = 30
	// HintStream is the hint that a draft carries to the store if more than
	// MaxDirect connections listen to its room.
	HintStream = "stream"
)

const (
	// rowsWait bounds the reading and removing of rows after an entry is durable,
	// because its sender waits.
	rowsWait = time.Second
	// hangUpWait bounds the closing of a user's connections.
	hangUpWait = 5 * time.Second
	// maxParallel is how many connections of a large room are pushed to at once, and
	// how many rows are changed at once.
	maxParallel = 50
)

// AudienceOptions are what an Audience stands on. Sleep and Random may be nil.
type AudienceOptions struct {
	Connections ConnectionRows
	Listeners   ListenerRows
	Sockets     Sockets
	Now         func() time.Time
	Log         *slog.Logger
	// Sleep waits for d or until ctx ends and then returns its error; nil for the
	// real clock.
	Sleep func(ctx context.Context, d time.Duration) error
	// Random returns a number in [0, 1) and is safe for concurrent use; nil for
	// math/rand/v2.
	Random func() float64
}

// Audience is the chat.Subscriptions and the chat.Audience of the serverless
// home: rows say who listens, and API Gateway holds the sockets. It is safe for
// concurrent use. It changes subscriptions only of the connection whose event is
// being handled, which [Socket] puts into the context.
type Audience struct{ pusher }

var (
	_ chat.Subscriptions = (*Audience)(nil)
	_ chat.Audience      = (*Audience)(nil)
)

// NewAudience returns an Audience.
func NewAudience(o AudienceOptions) *Audience {
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	return &Audience{pusher{
		sockets: o.Sockets, connections: o.Connections, listeners: o.Listeners,
		now: o.Now, sleep: o.Sleep, random: o.Random, log: o.Log,
		postWait: postWait, pushWait: pushWait, pageWait: pageWait,
	}}
}

// gathered is what Gather found about a room.
type gathered struct {
	listeners []Row
	evicted   map[chat.UserID]chat.Seq
	// isMany says that there are more than MaxDirect.
	isMany bool
}

// Gather implements [chat.Audience]. Expired rows count too: when in doubt, the
// stream is used, which reaches everybody.
func (a *Audience) Gather(ctx context.Context, room chat.RoomID) (chat.Listeners, error) {
	page, err := a.listeners.Page(ctx, room, "", MaxDirect+1)
	if err != nil {
		return chat.Listeners{}, chat.Wrap(err, chat.CodeUnavailable, "listeners of "+string(room))
	}
	found := &gathered{listeners: page.Listeners, evicted: page.Evicted, isMany: len(page.Listeners) > MaxDirect}
	to := chat.Listeners{Room: room, Rows: found}
	if found.isMany {
		to.Hint = HintStream
	}
	return to, nil
}

// Publish implements [chat.Audience]. It returns when the pushes have ended, after
// pushWait at the latest, because a function is frozen when it has answered. A room
// with more than MaxDirect listeners gets its entries by way of the stream, and no
// signs of typing.
func (a *Audience) Publish(ctx context.Context, to chat.Listeners, event chat.Event) {
	found, isFound := to.Rows.(*gathered)
	if !isFound || found.isMany {
		return
	}
	a.push(ctx, recipients(found.listeners, found.evicted, event), event)
}

// push sends the event to the connections, each in the encoding of its kind. The
// connection whose own event is being handled gets it with the response.
func (a *Audience) push(ctx context.Context, to []Row, event chat.Event) {
	words := vocabulary{}
	var pushes []push
	for _, r := range to {
		line := words.of(r.Kind, event)
		if line == nil || !r.isAlive(a.now()) || exchangeOf(ctx, r.Conn).take(line) {
			continue
		}
		pushes = append(pushes, push{to: r, messages: [][]byte{line}})
	}
	a.deliverDirect(ctx, pushes)
}

// deliverDirect sends what an event's own function pushes, within pushWait.
func (a *Audience) deliverDirect(ctx context.Context, pushes []push) {
	ctx, cancel := context.WithTimeout(ctx, a.pushWait)
	defer cancel()
	a.deliver(ctx, pushes, MaxDirect)
}

// Tell implements [chat.Audience].
func (a *Audience) Tell(ctx context.Context, user chat.UserID, event chat.Event) {
	var rows []Row
	err := within(ctx, rowsWait, func(ctx context.Context) (err error) {
		rows, err = a.connections.ConnectionsOf(ctx, user)
		return err
	})
	if err != nil {
		a.log.WarnContext(ctx, "event lost", "user", user, "err", err)
		return
	}
	a.push(ctx, rows, event)
	if _, isOut := event.(chat.SignedOut); isOut {
		a.hangUpOn(ctx, rows)
	}
}

func (a *Audience) hangUpOn(ctx context.Context, rows []Row) {
	ctx, cancel := context.WithTimeout(ctx, hangUpWait)
	defer cancel()
	err := forEach(rows, func(r *Row) error { return a.hangUp(ctx, r) })
	if err != nil {
		a.log.ErrorContext(ctx, "connections of a user stay open", "user", rows[0].User, "err", err)
	}
}

// forEach does one thing with each row, some at once, and joins the errors.
func forEach(rows []Row, do func(*Row) error) error {
	failures := make([]error, len(rows))
	free := make(chan struct{}, maxParallel)
	var doing sync.WaitGroup
	for i := range rows {
		free <- struct{}{}
		doing.Go(func() {
			failures[i] = do(&rows[i])
			<-free
		})
	}
	doing.Wait()
	return errors.Join(failures...)
}

// Evict implements [chat.Audience]. The eviction that the store wrote with the
// removal already keeps entries from the user; this removes rows that are no longer
// needed. A user who has joined again meanwhile keeps them.
func (a *Audience) Evict(ctx context.Context, room chat.RoomID, user chat.UserID, seq chat.Seq) {
	err := within(ctx, rowsWait, func(ctx context.Context) error {
		at, err := a.listeners.EvictedAt(ctx, room, user)
		if err != nil || at < seq {
			return err
		}
		return a.unlisten(ctx, room, user)
	})
	if err != nil {
		a.log.WarnContext(ctx, "rows of a removed member stay", "room", room, "user", user, "err", err)
	}
}

func (a *Audience) unlisten(ctx context.Context, room chat.RoomID, user chat.UserID) error {
	rows, err := a.connections.ConnectionsOf(ctx, user)
	if err != nil {
		return err
	}
	return forEach(rows, func(r *Row) error { return a.listeners.RemoveListener(ctx, room, r.Conn) })
}
