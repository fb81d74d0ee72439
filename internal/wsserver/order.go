package wsserver

import (
	"maps"
	"slices"
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
)

// The methods of this file put a room's entries in order. Their callers hold
// the room's lock.

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
	return r.newest-seq >= remembered || r.wasPushed(seq)
}

// wasPushed reports whether the entry is known to have been pushed.
func (r *room) wasPushed(seq chat.Seq) bool {
	behind := r.newest - seq
	return behind >= 0 && behind < remembered && r.pushed&(1<<behind) != 0
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
