package wsserver

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// maxPresent is how many users a list of those present holds.
const maxPresent = 1000

// Log is what the hub reads of rooms, as chat.Log and chat.Members do: the
// newest durable entry, the entries that nobody published, and their authors'
// names.
type Log interface {
	Heads(ctx context.Context, rooms []chat.RoomID) ([]chat.Head, error)
	Read(ctx context.Context, room chat.RoomID, after chat.Cursor, limit int) (chat.LogPage, error)
	FindMembers(ctx context.Context, room chat.RoomID, users ...chat.UserID) ([]chat.Member, error)
}

// Hub knows every open connection of this process and which rooms each listens
// to. It is the [chat.Subscriptions] and the [chat.Audience] of the resident
// home, in memory alone, and safe for concurrent use.
type Hub struct {
	log    Log
	limits Limits

	mu    sync.RWMutex
	conns map[chat.ConnID]*connection
	users map[chat.UserID][]*connection
	rooms map[chat.RoomID]*room
	// addresses counts the connections of each.
	addresses map[string]int
	// isClosing says that no connection is taken any more.
	isClosing bool

	// tick counts sweeps: a clock that costs nothing to read.
	tick atomic.Uint32
	live sync.WaitGroup // connections that have not left
	// behind and cut are what Counts tells.
	behind, cut atomic.Int64

	workers *workers
	// work is what messages are handled under; abort ends it when Shutdown is
	// over or has given up on those that are left.
	work    context.Context
	abort   context.CancelFunc
	swept   chan struct{} // closed when the sweeper has ended
	sweeper *time.Ticker
}

var (
	_ chat.Subscriptions = (*Hub)(nil)
	_ chat.Audience      = (*Hub)(nil)
)

// NewHub returns a hub that runs until Shutdown.
func NewHub(log Log, limits Limits) *Hub {
	work, abort := context.WithCancel(context.Background())
	h := &Hub{
		log: log, limits: limits,
		conns:     make(map[chat.ConnID]*connection),
		users:     make(map[chat.UserID][]*connection),
		rooms:     make(map[chat.RoomID]*room),
		addresses: make(map[string]int),
		work:      work, abort: abort, workers: newWorkers(work),
		swept: make(chan struct{}), sweeper: time.NewTicker(sweepInterval),
	}
	go h.sweepForever()
	return h
}

var (
	errNoConn  = chat.Errorf(chat.CodeNotFound, "the connection has ended")
	errClosing = chat.Errorf(chat.CodeUnavailable, "the server is stopping: connect again")
)

// client is who is at the other end of a connection and how they are spoken to.
type client struct {
	user chat.UserID
	// address is what the connections of one sender are counted by.
	address string
	// expiresAt is when the user's token runs out; zero for never.
	expiresAt time.Time
	codec     codec
	handle    handler
}

// enter registers a connection that is about to be opened: what is pushed to
// it waits until start. It fails with CodeUnavailable when the hub is closing
// and with CodeRateLimited when the address has too many connections. Each
// connection that entered leaves.
func (h *Hub) enter(with client) (*connection, error) {
	c := &connection{
		codec: with.codec, handle: with.handle, hub: h,
		id: chat.ConnID(rand.Text()), user: with.user, address: with.address, since: time.Now().UnixMilli(),
	}
	c.isBusy = true // until start writes
	if !with.expiresAt.IsZero() {
		c.expires = with.expiresAt.Unix()
	}
	now := h.tick.Load()
	c.heard.Store(now)
	c.sent.Store(now)
	spare, err := h.register(c)
	if err != nil {
		return nil, err
	}
	spare.makeWay()
	return c, nil
}

// register makes c known and returns the connection that it takes the place of,
// if any.
func (h *Hub) register(c *connection) (spare *connection, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.isClosing:
		return nil, errClosing
	case h.isCrowded(c.address):
		return nil, errCrowded
	}
	spare = h.spare(c.user)
	h.conns[c.id] = c
	h.users[c.user] = append(h.users[c.user], c)
	h.count(c.address, 1)
	h.live.Add(1)
	return spare, nil
}

// leave forgets a connection that has ended.
func (h *Hub) leave(c *connection) {
	defer h.live.Done()
	c.kill()
	h.mu.Lock()
	delete(h.conns, c.id)
	h.count(c.address, -1)
	left := slices.DeleteFunc(h.users[c.user], func(other *connection) bool { return other == c })
	if h.users[c.user] = left; len(left) == 0 {
		delete(h.users, c.user)
	}
	h.mu.Unlock()
	for _, s := range c.listensTo() {
		s.room.remove(c)
	}
}

func (h *Hub) conn(id chat.ConnID) *connection {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.conns[id]
}

// room returns the audience of a room, nil when nobody has listened lately.
func (h *Hub) room(id chat.RoomID) *room {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.rooms[id]
}

func (h *Hub) openRoom(id chat.RoomID) *room {
	if r := h.room(id); r != nil {
		return r
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[id]
	if r == nil {
		r = &room{id: id, hub: h}
		h.rooms[id] = r
	}
	return r
}

// Subscribe implements [chat.Subscriptions]. The first listener of a room reads
// the room's head, so that what is pushed from then on is put in order.
func (h *Hub) Subscribe(ctx context.Context, id chat.ConnID, _ chat.UserID, roomID chat.RoomID) error {
	c := h.conn(id)
	if c == nil {
		return errNoConn
	}
	for {
		r := h.openRoom(roomID)
		if !r.hasPlace() {
			heads, err := h.log.Heads(ctx, []chat.RoomID{roomID})
			if err != nil {
				return chat.Wrap(err, chat.CodeUnavailable, "head of "+string(roomID))
			}
			r.place(heads[0].Cursor)
		}
		if retry, err := r.add(c); !retry {
			return err
		}
	}
}

// Unsubscribe implements [chat.Subscriptions]. What waits of the room is dropped
// too: nothing leaves that was pushed while it was checked whether the user may
// listen.
func (h *Hub) Unsubscribe(_ context.Context, id chat.ConnID, roomID chat.RoomID) error {
	c, r := h.conn(id), h.room(roomID)
	if c != nil && r != nil {
		r.remove(c)
		c.purge(r)
	}
	return nil
}

// Hidden implements [chat.Subscriptions].
func (h *Hub) Hidden(_ context.Context, id chat.ConnID, isHidden bool) error {
	if c := h.conn(id); c != nil {
		c.isHidden.Store(isHidden)
	}
	return nil
}

// Disconnect implements [chat.Subscriptions].
func (h *Hub) Disconnect(_ context.Context, id chat.ConnID) error {
	if c := h.conn(id); c != nil {
		c.kill()
	}
	return nil
}

// Gather implements [chat.Audience]: in memory there is nothing to gather.
func (h *Hub) Gather(_ context.Context, roomID chat.RoomID) (chat.Listeners, error) {
	return chat.Listeners{Room: roomID}, nil
}

// Publish implements [chat.Audience]. It only queues.
func (h *Hub) Publish(_ context.Context, to chat.Listeners, event chat.Event) {
	if r := h.room(to.Room); r != nil {
		flushAll(r.publish(event))
	}
}

// Tell implements [chat.Audience].
func (h *Hub) Tell(_ context.Context, user chat.UserID, event chat.Event) {
	h.mu.RLock()
	conns := slices.Clone(h.users[user])
	h.mu.RUnlock()
	if _, isOut := event.(chat.SignedOut); isOut {
		for _, c := range conns {
			c.partWith(c.codec.event(event))
		}
		return
	}
	words := encoding{of: event}
	var woken []*connection
	for _, c := range conns {
		if it := words.in(c.codec); it != nil && c.push(it) {
			woken = append(woken, c)
		}
	}
	flushAll(woken)
}

// Evict implements [chat.Audience]. A room without listeners has nobody to
// evict: whoever comes later reads the head first and is checked after that.
func (h *Hub) Evict(_ context.Context, roomID chat.RoomID, user chat.UserID, seq chat.Seq) {
	if r := h.room(roomID); r != nil {
		r.evict(user, seq)
	}
}

// Present implements [chat.Audience].
func (h *Hub) Present(_ context.Context, roomID chat.RoomID) ([]chat.Presence, error) {
	if r := h.room(roomID); r != nil {
		return r.present(), nil
	}
	return nil, nil
}
