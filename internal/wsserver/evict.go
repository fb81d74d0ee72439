package wsserver

import (
	"math"
	"slices"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// evictionLife is how long an eviction bars a subscription that was being made
// when the removal became durable.
const evictionLife = time.Minute

// eviction says that a user gets no entry after seq until they join again.
type eviction struct {
	seq chat.Seq
	at  time.Time
}

// evictions are the known evictions of each user that have not ended: several if a
// later removal became known before an earlier one.
type evictions map[chat.UserID][]eviction

// barsFrom reports whether the user may not have the entry at seq.
func (e evictions) barsFrom(user chat.UserID, seq chat.Seq) bool {
	return slices.ContainsFunc(e[user], func(one eviction) bool { return one.seq < seq })
}

// end forgets those of the user's evictions for which isOver is true.
func (e evictions) end(user chat.UserID, isOver func(eviction) bool) {
	left := slices.DeleteFunc(e[user], isOver)
	if e[user] = left; len(left) == 0 {
		delete(e, user)
	}
}

// The methods below, except evict, are called with the room's lock held.

// admit ends the evictions of those whom the entry lets in again.
func (r *room) admit(e *chat.Entry) {
	if e.Kind == chat.KindJoined && len(r.evicted) > 0 {
		r.evicted.end(e.User, func(one eviction) bool { return one.seq < e.Seq })
	}
}

// expel evicts the user whom the entry takes out. Connections that subscribed when
// the entry was already known stay, but get nothing: their user has joined again,
// by an entry that is still to come, or the subscription is about to be refused.
func (r *room) expel(e *chat.Entry) {
	if e.Kind == chat.KindLeft || e.Kind == chat.KindRemoved {
		r.markEvicted(e.User, e.Seq)
		r.dropUser(e.User, e.Seq)
	}
}

func (r *room) markEvicted(user chat.UserID, seq chat.Seq) {
	if r.evicted == nil {
		r.evicted = make(evictions)
	}
	isKnown := slices.ContainsFunc(r.evicted[user], func(one eviction) bool { return one.seq == seq })
	if !isKnown {
		r.evicted[user] = append(r.evicted[user], eviction{seq, time.Now()})
	}
}

// evict bars user from entries after seq. It ignores a removal that has already
// been pushed, because the user may have come back, and one that was durable before
// the room was placed, because every listener was found to be a member after that.
func (r *room) evict(user chat.UserID, seq chat.Seq) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isPlaced && seq > r.newest.Seq {
		r.markEvicted(user, seq)
	}
	r.hear(seq)
}

// dropUser removes those connections of the user from the listeners that subscribed
// before the entry at seq was known.
func (r *room) dropUser(user chat.UserID, seq chat.Seq) {
	for i := len(r.listeners) - 1; i >= 0; i-- {
		if c := r.listeners[i]; c.user == user && c.knewOf(r) < seq {
			r.drop(c)
		}
	}
}

// forgive forgets evictions older than evictionLife, and removes the users whom
// they still bar from the listeners.
func (r *room) forgive(now time.Time) {
	if r.lacks() {
		return
	}
	for user := range r.evicted {
		hasServed := func(one eviction) bool { return now.Sub(one.at) >= evictionLife }
		if slices.ContainsFunc(r.evicted[user], hasServed) {
			r.dropUser(user, math.MaxInt64)
			r.evicted.end(user, hasServed)
		}
	}
}
