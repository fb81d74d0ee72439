package wsserver

import (
	"context"
	"crypto/rand"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// maxPresent bounds the users in a list of who is present.
const maxPresent = 1000

// Log is what the hub reads of rooms: the newest durable entry, the entries that
// nobody published, and their authors' names. The contracts are those of chat.Log
// and chat.Members.
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
	// isClosing says that new connections are refused.
	isClosing bool

	// tick counts sweeps: a coarse clock that is cheap to read.
	tick atomic.Uint32
	live sync.WaitGroup // connections that have not left
	// behind and cut are reported by Counts.
	behind, cut atomic.Int64

	// poller is started for the first socket, so that a hub without any has none;
	// polling guards that.
	polling sync.Mutex
	poller  *poller

	workers *workers
	// work is the context under which messages are handled; Shutdown ends it by
	// abort when all connections have ended or its own context has.
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

// client is the other end of a connection.
type client struct {
	user chat.UserID
	// address is the key under which connections are counted, see session.Sender.
	address string
	// expiresAt is when the user's token expires; zero for never.
	expiresAt time.Time
	codec     codec
	handle    handler
}

// enter registers a connection that is about to be opened; what is pushed to it
// waits until start. It fails with CodeUnavailable if the hub is closing and with
// CodeRateLimited if the address has too many connections. After success, the
// caller must start the connection or call leave.
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

// register adds c to the hub and returns the connection that it replaces, if any.
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

// takeOver returns a Conn over an upgraded stream; early is what was read of it beyond
// the upgrade request. A stream that cannot be polled gets a goroutine.
func (h *Hub) takeOver(stream net.Conn, early []byte) Conn {
	if p := h.startPoller(); p != nil {
		if conn, err := p.takeOver(stream, early); err == nil {
			return conn
		}
	}
	return newConn(stream, early)
}

// startPoller returns the hub's poller, nil if there can be none, or none now.
func (h *Hub) startPoller() *poller {
	h.polling.Lock()
	defer h.polling.Unlock()
	if h.poller == nil {
		h.poller, _ = newPoller()
	}
	return h.poller
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

// room returns the audience of a room, nil if nobody has listened lately.
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

// Subscribe implements [chat.Subscriptions]. For the first listener of a room it
// reads the room's head: the entries after it are pushed in order.
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

// Unsubscribe implements [chat.Subscriptions]. It also drops the pushes of the room
// that wait in the connection's queue: a user who turns out not to be allowed to
// listen must not get what was pushed during that check.
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

// Evict implements [chat.Audience]. A room without listeners needs nothing: for
// later ones, the head is read first and the membership after that.
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
