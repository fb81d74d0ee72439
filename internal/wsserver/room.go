package wsserver

import (
	"slices"
	"sync"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// room is the audience of one room. It puts entries into its listeners' queues
// in the order of seq.
type room struct {
	id  chat.RoomID
	hub *Hub

	mu        sync.Mutex
	listeners []*connection
	// evicted are the users who get nothing after the entry that removed them.
	evicted evictions
	// newest is the last entry that was pushed, or that was durable before
	// anybody listened; isPlaced says that it is set.
	newest   chat.Cursor
	isPlaced bool
	// known is the last entry that is known of; held are entries that came early.
	known chat.Seq
	held  map[chat.Seq]*chat.EntryAppended
	// hurry is the timer that reads what is missing; nil while nothing is missing
	// or isReading.
	hurry     *time.Timer
	isReading bool
	// isGone says that the hub has forgotten this room.
	isGone bool
}

// subscription is one connection's place among a room's listeners.
type subscription struct {
	room  *room
	index int
	// known is the last entry that the room knew of when the connection subscribed;
	// after that its user was found to be a member.
	known chat.Seq
}

func (r *room) hasPlace() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.isPlaced
}

// place sets the newest entry that was durable before the first listener came.
func (r *room) place(newest chat.Cursor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.isPlaced {
		r.newest, r.isPlaced = newest, true
		r.hear(r.known)
	}
}

// add makes c a listener. retry says that the hub has forgotten this room.
func (r *room) add(c *connection) (retry bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isGone {
		return true, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.rooms, func(s subscription) bool { return s.room == r })
	switch {
	case c.isClosed:
		return false, errNoConn
	case i >= 0:
		c.rooms[i].known = r.known
		return false, nil
	case len(c.rooms) >= chat.MaxRooms:
		return false, chat.Errorf(chat.CodeTooLarge, "a connection listens to at most %d rooms", chat.MaxRooms)
	}
	c.rooms = append(c.rooms, subscription{r, len(r.listeners), r.known})
	r.listeners = append(r.listeners, c)
	return false, nil
}

// remove removes c from the listeners.
func (r *room) remove(c *connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(c)
}

// drop removes c from the listeners and moves the last one to its index. The caller
// holds r.mu.
func (r *room) drop(c *connection) {
	index, isListener := c.forget(r)
	if !isListener {
		return
	}
	last := len(r.listeners) - 1
	moved := r.listeners[last]
	r.listeners[index], r.listeners[last] = moved, nil
	r.listeners = r.listeners[:last]
	if moved != c {
		moved.replace(r, index)
	}
}

// publish pushes an event. It returns the connections whose queues the caller must
// flush.
func (r *room) publish(event chat.Event) []*connection {
	r.mu.Lock()
	defer r.mu.Unlock()
	appended, isEntry := event.(*chat.EntryAppended)
	if !isEntry {
		return r.tell(event)
	}
	return r.arrive(appended)
}

// push queues one entry for all listeners who may have it, and applies what it says
// about who may listen. It returns woken with the connections whose queues the
// caller must flush.
func (r *room) push(woken []*connection, e *chat.EntryAppended) []*connection {
	entry := &e.Entry
	r.admit(entry)
	words := encoding{of: e, about: r, room: r, head: entry.Cursor()}
	woken = slices.Grow(woken, len(r.listeners))
	for _, c := range r.listeners {
		if r.evicted.barsFrom(c.user, entry.Seq) {
			continue
		}
		if it := words.in(c.codec); it != nil && c.push(it) {
			woken = append(woken, c)
		}
	}
	r.expel(entry)
	return woken
}

// tell queues an event that is no entry.
func (r *room) tell(event chat.Event) []*connection {
	words := encoding{of: event, about: r}
	var author chat.UserID
	if typing, isTyping := event.(chat.TypingStarted); isTyping {
		author = typing.User
	}
	var woken []*connection
	for _, c := range r.listeners {
		if c.user == author || len(r.evicted[c.user]) > 0 {
			continue
		}
		if it := words.in(c.codec); it != nil && c.push(it) {
			woken = append(woken, c)
		}
	}
	return woken
}

// present lists who listens.
func (r *room) present() []chat.Presence {
	r.mu.Lock()
	defer r.mu.Unlock()
	index := make(map[chat.UserID]int)
	var found []chat.Presence
	for _, c := range r.listeners {
		if len(r.evicted[c.user]) > 0 {
			continue
		}
		i, isKnown := index[c.user]
		if !isKnown && len(found) < maxPresent {
			index[c.user] = len(found)
			found = append(found, c.presence())
		}
		if isKnown && !c.isHidden.Load() {
			found[i].IsHidden = false
		}
	}
	return found
}

// tidy forgets old evictions, and reports whether the hub can forget the room.
func (r *room) tidy(now time.Time) (isIdle bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgive(now)
	r.isGone = len(r.listeners) == 0 && len(r.evicted) == 0 && !r.lacks()
	return r.isGone
}
