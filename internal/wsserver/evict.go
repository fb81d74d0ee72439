package wsserver

import (
	"math"
	"slices"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// evictionLife is how long an eviction refuses a subscription that was on its
// way when the removal became durable.
const evictionLife = time.Minute

// eviction is the last entry that a user gets until they join again.
type eviction struct {
	seq chat.Seq
	at  time.Time
}

// evictions are those of each user that are known and not ended: several when a
// later removal was heard of before an earlier one.
type evictions map[chat.UserID][]eviction

// barsFrom reports whether the user may not have the entry at seq.
func (e evictions) barsFrom(user chat.UserID, seq chat.Seq) bool {
	return slices.ContainsFunc(e[user], func(one eviction) bool { return one.seq < seq })
}

// end forgets the user's evictions that isOver.
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

// expel evicts those whom the entry takes out. Connections that subscribed when
// it was known stay, and get nothing: their user has joined again by an entry
// that is still to come, or is about to be refused.
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

// evict lets user have no entry after the one at seq. A removal that was pushed
// is old news: the user may have come back. So is one that was durable before
// the room was placed: whoever listens was found to be a member after that.
func (r *room) evict(user chat.UserID, seq chat.Seq) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isPlaced && seq > r.newest.Seq {
		r.markEvicted(user, seq)
	}
	r.hear(seq)
}

// dropUser takes out the user's connections that subscribed when the entry at
// seq was not known.
func (r *room) dropUser(user chat.UserID, seq chat.Seq) {
	for i := len(r.listeners) - 1; i >= 0; i-- {
		if c := r.listeners[i]; c.user == user && c.knewOf(r) < seq {
			r.drop(c)
		}
	}
}

// forgive forgets evictions that have served, and takes out whoever still
// listens and is barred by one.
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
