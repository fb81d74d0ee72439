package wsserver

import (
	"context"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

const (
	// holeWait is how long an entry waits for those before it, which other
	// goroutines are about to publish. It is less than the 400 ms after which
	// clients ask.
	holeWait = 100 * time.Millisecond
	// maxHeld is how many entries wait for one that is missing. Further ones are
	// read from the log.
	maxHeld = 1024
	// readSize is how many entries are read from the log at once.
	readSize = 256
	// readWait bounds such a read; after a failure it is repeated in retryWait.
	// Until it succeeds, nothing is pushed to the room.
	readWait, retryWait = 5 * time.Second, time.Second
)

// The methods of this file push a room's entries in the order of seq, without a
// hole. Entries that nobody publishes, as when a caller gave up an append that then
// committed, are read from the log. So the users whom an entry takes out are known
// before the next entry is pushed. The callers hold the room's lock, unless a
// method says that it takes it.

// arrive pushes an entry when its turn has come. It ignores entries up to newest:
// they have been pushed, or were durable before the first listener came.
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

// hear notes that there is an entry at seq, and starts the wait for those before it
// that are missing.
func (r *room) hear(seq chat.Seq) {
	r.known = max(r.known, seq)
	if r.lacks() && r.hurry == nil && !r.isReading {
		r.hurry = time.AfterFunc(holeWait, r.repair)
	}
}

// lacks reports whether known entries have not been pushed yet.
func (r *room) lacks() bool { return r.isPlaced && r.known > r.newest.Seq }

// proceed pushes the next entry and the held ones that directly follow it.
func (r *room) proceed(e *chat.EntryAppended) []*connection {
	var woken []*connection
	for e != nil {
		r.newest = e.Entry.Cursor()
		r.known = max(r.known, r.newest.Seq)
		woken = r.push(woken, e)
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

// repair reads what is missing until all known entries have been pushed. It is
// called without the lock, and does not hold it while it reads.
func (r *room) repair() {
	after, mayRead := r.beginRepair()
	for mayRead {
		missed, _ := r.read(after) // empty after a failure: fill then plans another attempt
		var woken []*connection
		woken, after, mayRead = r.fill(after, missed)
		flushAll(woken)
	}
}

// beginRepair takes the lock and returns from where to read, unless nothing is
// missing any more or a read is already under way.
func (r *room) beginRepair() (after chat.Cursor, mayRead bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	mayRead = r.hurry != nil && r.lacks() && !r.isReading
	if mayRead {
		r.hurry, r.isReading = nil, true
	}
	return r.newest, mayRead
}

// read reads the entries after a cursor, in the form in which they are published.
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

// fill takes the lock and pushes the missed entries, which were read after from, as
// far as they come next. It returns from where to read more, if more is missing and
// this read made progress.
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
