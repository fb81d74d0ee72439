package wsserver

import (
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// evictionLife is how long an eviction refuses a subscription that was on its
// way when the removal became durable.
const evictionLife = time.Minute

// eviction is the last entry that a user gets.
type eviction struct {
	seq chat.Seq
	at  time.Time
}

// The methods of this file but evict are called with the room's lock held.

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

func (r *room) dropUser(user chat.UserID) {
	for i := len(r.listeners) - 1; i >= 0; i-- {
		if c := r.listeners[i]; c.user == user {
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
