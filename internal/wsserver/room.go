package wsserver

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

const (
	// holeWait is how long an entry waits for those before it, which other
	// goroutines are about to publish. Clients wait 400 ms before they repair.
	holeWait = 100 * time.Millisecond
	// maxHeld is how many entries wait for one that is missing.
	maxHeld = 1024
	// remembered is how many of the newest entries are known to have been
	// pushed, so that the resend of one is not pushed again.
	remembered = 64
	// evictionLife is how long an eviction refuses a subscription that was on
	// its way when the removal became durable.
	evictionLife = time.Minute
)

// room is the audience of one room. It puts entries into its listeners' queues
// in the order of seq.
type room struct {
	id chat.RoomID

	mu        sync.Mutex
	listeners []*connection
	// evicted are users who get nothing after the entry that removed them.
	evicted map[chat.UserID]eviction
	// newest is the last entry that was pushed, or that was durable before
	// anybody listened; isPlaced says that it is known.
	newest   chat.Seq
	isPlaced bool
	// pushed has bit i set when entry newest-i was pushed.
	pushed uint64
	held   map[chat.Seq]*chat.EntryAppended
	hurry  *time.Timer // gives up on what held waits for; nil while nothing is held
	// isGone says that the hub has forgotten this room.
	isGone bool
}

type eviction struct {
	seq chat.Seq
	at  time.Time
}

// subscription is one connection's place among a room's listeners.
type subscription struct {
	room  *room
	index int
}

func (r *room) hasPlace() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.isPlaced
}

// place says which entry was durable before the first listener came.
func (r *room) place(newest chat.Seq) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.isPlaced {
		r.newest, r.isPlaced = newest, true
	}
}

// add makes c a listener. retry says that the room is gone.
func (r *room) add(c *connection) (retry bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isGone {
		return true, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.isClosed:
		return false, errNoConn
	case slices.ContainsFunc(c.rooms, func(s subscription) bool { return s.room == r }):
		return false, nil
	case len(c.rooms) >= chat.MaxRooms:
		return false, chat.Errorf(chat.CodeTooLarge, "a connection listens to at most %d rooms", chat.MaxRooms)
	}
	c.rooms = append(c.rooms, subscription{r, len(r.listeners)})
	r.listeners = append(r.listeners, c)
	return false, nil
}

// remove takes c out of the audience.
func (r *room) remove(c *connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(c)
}

// drop moves the last listener to c's place. Its caller holds r.mu.
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

// publish pushes an event. It returns the connections whose queues the caller
// has to have written.
func (r *room) publish(event chat.Event) []*connection {
	r.mu.Lock()
	defer r.mu.Unlock()
	appended, isEntry := event.(chat.EntryAppended)
	if !isEntry {
		return r.tell(event)
	}
	return r.arrive(&appended)
}

// arrive pushes an entry in its turn.
func (r *room) arrive(e *chat.EntryAppended) []*connection {
	seq := e.Entry.Seq
	if !r.isPlaced {
		r.newest, r.isPlaced = seq-1, true
	}
	switch behind := r.newest - seq; {
	case behind >= 0:
		if r.isOld(seq) {
			return nil
		}
		r.pushed |= 1 << behind
		return r.push(e)
	case behind < -1 && len(r.held) < maxHeld:
		r.hold(e)
		return nil
	case behind < -1:
		r.hold(e)
		return r.giveUp()
	}
	return r.proceed(e)
}

// isOld reports whether the entry was pushed, or is too far back to tell.
func (r *room) isOld(seq chat.Seq) bool {
	behind := r.newest - seq
	return behind >= remembered || behind >= 0 && r.pushed&(1<<behind) != 0
}

func (r *room) hold(e *chat.EntryAppended) {
	if r.held == nil {
		r.held = make(map[chat.Seq]*chat.EntryAppended)
	}
	r.held[e.Entry.Seq] = e
	if r.hurry == nil {
		r.hurry = time.AfterFunc(holeWait, r.stopWaiting)
	}
}

// stopWaiting pushes what is held although something before it is missing; the
// readers will ask for that.
func (r *room) stopWaiting() {
	r.mu.Lock()
	var woken []*connection
	if r.hurry != nil {
		woken = r.giveUp()
	}
	r.mu.Unlock()
	flushAll(woken)
}

// giveUp goes on with the earliest entry that is held.
func (r *room) giveUp() []*connection {
	seq := slices.Min(slices.Collect(maps.Keys(r.held)))
	e := r.held[seq]
	delete(r.held, seq)
	for _, passed := range e.Passed {
		if passed.Seq > r.newest {
			r.expel(&passed)
		}
	}
	return r.proceed(e)
}

// proceed pushes the next entry and those held behind it.
func (r *room) proceed(e *chat.EntryAppended) []*connection {
	var woken []*connection
	for e != nil {
		seq := e.Entry.Seq
		r.pushed = r.pushed<<(seq-r.newest) | 1
		r.newest = seq
		woken = append(woken, r.push(e)...)
		e = r.held[seq+1]
		delete(r.held, seq+1)
	}
	r.rearm()
	return woken
}

func (r *room) rearm() {
	if r.hurry == nil {
		return
	}
	r.hurry.Stop()
	r.hurry = nil
	if len(r.held) > 0 {
		r.hurry = time.AfterFunc(holeWait, r.stopWaiting)
	}
}

// push queues one entry for all who are to have it, and follows what it says
// about who may listen.
func (r *room) push(e *chat.EntryAppended) []*connection {
	entry := &e.Entry
	r.admit(entry)
	words := encoding{of: *e}
	head := entry.Cursor()
	var woken []*connection
	for _, c := range r.listeners {
		if r.isEvictedBefore(c.user, entry.Seq) {
			continue
		}
		f := words.in(c.codec)
		if f != nil && c.push(item{frame: f, room: r, head: head}) {
			woken = append(woken, c)
		}
	}
	r.expel(entry)
	r.clearOut()
	return woken
}

// tell queues an event that is no entry.
func (r *room) tell(event chat.Event) []*connection {
	words := encoding{of: event}
	var author chat.UserID
	if typing, isTyping := event.(chat.TypingStarted); isTyping {
		author = typing.User
	}
	var woken []*connection
	for _, c := range r.listeners {
		if c.user == author || r.isEvicted(c.user) {
			continue
		}
		if f := words.in(c.codec); f != nil && c.push(item{frame: f}) {
			woken = append(woken, c)
		}
	}
	return woken
}

// admit ends the evictions of those whom the entry lets in again.
func (r *room) admit(e *chat.Entry) {
	if e.Kind == chat.KindJoined && r.evicted[e.User].seq < e.Seq {
		delete(r.evicted, e.User)
	}
}

// expel evicts those whom the entry takes out.
func (r *room) expel(e *chat.Entry) {
	if e.Kind == chat.KindLeft || e.Kind == chat.KindRemoved {
		r.markEvicted(e.User, e.Seq)
	}
}

func (r *room) markEvicted(user chat.UserID, seq chat.Seq) {
	if r.evicted == nil {
		r.evicted = make(map[chat.UserID]eviction)
	}
	if r.evicted[user].seq < seq {
		r.evicted[user] = eviction{seq, time.Now()}
	}
}

// evict lets user have no entry after the one at seq. The resend of a removal
// that was pushed before is old news: the user may have come back. It fails
// when the room is gone.
func (r *room) evict(user chat.UserID, seq chat.Seq) (isDone bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isGone {
		return false
	}
	if !r.isPlaced || !r.isOld(seq) {
		r.markEvicted(user, seq)
		r.clearOut()
	}
	return true
}

// clearOut takes out the listeners whose last entry has been pushed.
func (r *room) clearOut() {
	if len(r.evicted) == 0 {
		return
	}
	for i := len(r.listeners) - 1; i >= 0; i-- {
		c := r.listeners[i]
		if e, isEvicted := r.evicted[c.user]; isEvicted && r.newest >= e.seq {
			r.drop(c)
		}
	}
}

func (r *room) isEvicted(user chat.UserID) bool {
	_, isEvicted := r.evicted[user]
	return isEvicted
}

func (r *room) isEvictedBefore(user chat.UserID, seq chat.Seq) bool {
	e, isEvicted := r.evicted[user]
	return isEvicted && e.seq < seq
}

// present lists who listens.
func (r *room) present() []chat.Presence {
	r.mu.Lock()
	defer r.mu.Unlock()
	index := make(map[chat.UserID]int)
	var found []chat.Presence
	for _, c := range r.listeners {
		if r.isEvicted(c.user) {
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

// tidy forgets evictions that have served, and reports whether nothing is left
// to remember.
func (r *room) tidy(now time.Time) (isIdle bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for user, e := range r.evicted {
		if now.Sub(e.at) >= evictionLife {
			r.newest = max(r.newest, e.seq)
			r.clearOut()
			delete(r.evicted, user)
		}
	}
	r.isGone = len(r.listeners) == 0 && len(r.evicted) == 0 && len(r.held) == 0
	return r.isGone
}
