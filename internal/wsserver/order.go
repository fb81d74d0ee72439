package wsserver

import (
	"context"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

const (
	// holeWait is how long an entry waits for those before it, which other
	// goroutines are about to publish. Clients wait 400 ms before they repair.
	holeWait = 100 * time.Millisecond
	// maxHeld is how many entries wait for one that is missing. What comes beyond
	// is read from the log.
	maxHeld = 1024
	// readSize is how many entries are read from the log at once.
	readSize = 256
	// readWait bounds such a read, retryWait is how long after a failure the next
	// one comes. Until it succeeds the room is pushed nothing.
	readWait, retryWait = 5 * time.Second, time.Second
)

// The methods of this file push a room's entries in the order of seq, without a
// hole: what nobody publishes, such as an entry whose append was given up while
// its commit landed, is read from the log. So whoever an entry takes out is
// known before the next one is pushed. Their callers hold the room's lock, where
// nothing else is said.

// arrive pushes an entry in its turn. One at or before the newest was pushed, or
// was durable before the first listener came and read the log.
func (r *room) arrive(e *chat.EntryAppended) []*connection {
	seq := e.Entry.Seq
	switch {
	case !r.isPlaced || seq <= r.newest.Seq:
		r.hear(seq)
		return nil
	case seq > r.newest.Seq+1:
		if r.held == nil {
			r.held = make(map[chat.Seq]*chat.EntryAppended)
		}
		if len(r.held) < maxHeld {
			r.held[seq] = e
		}
		r.hear(seq)
		return nil
	}
	return r.proceed(e)
}

// hear notes that there is an entry at seq, and waits for what lies before it.
func (r *room) hear(seq chat.Seq) {
	r.known = max(r.known, seq)
	if r.lacks() && r.hurry == nil && !r.isReading {
		r.hurry = time.AfterFunc(holeWait, r.repair)
	}
}

// lacks reports whether there are entries that were not pushed yet.
func (r *room) lacks() bool { return r.isPlaced && r.known > r.newest.Seq }

// proceed pushes the next entry and those held behind it.
func (r *room) proceed(e *chat.EntryAppended) []*connection {
	var woken []*connection
	for e != nil {
		r.newest = e.Entry.Cursor()
		r.known = max(r.known, r.newest.Seq)
		woken = append(woken, r.push(e)...)
		next := r.newest.Seq + 1
		e = r.held[next]
		delete(r.held, next)
	}
	if r.hurry != nil {
		r.hurry.Stop()
		r.hurry = nil
		r.hear(r.known)
	}
	return woken
}

// repair reads what is missing until the room has caught up with what it has
// heard of. It is called without the lock, and holds none while it reads.
func (r *room) repair() {
	after, mayRead := r.beginRepair()
	for mayRead {
		missed, _ := r.read(after) // nothing, after a failure: then it is tried again later
		var woken []*connection
		woken, after, mayRead = r.fill(after, missed)
		flushAll(woken)
	}
}

// beginRepair takes the lock, and says where to read on unless nothing is
// missing any more or somebody reads already.
func (r *room) beginRepair() (after chat.Cursor, mayRead bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	mayRead = r.hurry != nil && r.lacks() && !r.isReading
	if mayRead {
		r.hurry, r.isReading = nil, true
	}
	return r.newest, mayRead
}

// read reads the entries after a cursor, as they would have been published.
func (r *room) read(after chat.Cursor) ([]chat.EntryAppended, error) {
	ctx, cancel := context.WithTimeout(r.hub.work, readWait)
	defer cancel()
	page, err := r.hub.log.Read(ctx, r.id, after, readSize)
	if err != nil {
		return nil, err
	}
	names := r.hub.namesOf(ctx, r.id, page.Entries)
	missed := make([]chat.EntryAppended, 0, len(page.Entries))
	for _, e := range page.Entries {
		missed = append(missed, chat.EntryAppended{Entry: e, AuthorName: names[e.Author]})
	}
	return missed, nil
}

// fill takes the lock and pushes those of the missed entries, read after from,
// whose turn it is. It says where to read on, if more is missing and the room
// has come further.
func (r *room) fill(from chat.Cursor, missed []chat.EntryAppended) (woken []*connection, after chat.Cursor, mayRead bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range missed {
		if seq := missed[i].Entry.Seq; seq == r.newest.Seq+1 {
			delete(r.held, seq)
			woken = append(woken, r.proceed(&missed[i])...)
		}
	}
	r.isReading = r.lacks() && r.newest != from
	if r.lacks() && !r.isReading && r.hub.work.Err() == nil {
		r.hurry = time.AfterFunc(retryWait, r.repair)
	}
	return woken, r.newest, r.isReading
}
