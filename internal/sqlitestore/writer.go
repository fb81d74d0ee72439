package sqlitestore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

const (
	// maxBatch bounds a transaction, so that the first of its jobs does not
	// wait long for the last.
	maxBatch = 512
	// window bounds how long a batch waits for more jobs.
	window = 5 * time.Millisecond
	// flushEvery is how long read marks stay in memory only; the port allows 3 s.
	flushEvery = time.Second
)

// job is one write. do runs on the writer's goroutine, and again from the start
// if its transaction was rolled back. A job that its checks refuse keeps the
// refusal as its result, returns nil and has written nothing.
type job interface {
	do(tx *tx) error
}

// writer is the one goroutine that writes. No other goroutine uses its fields,
// except for queue, quit and gone.
type writer struct {
	store *Store
	conn  *sqlite.Conn
	queue *queue
	// quit asks the goroutine to finish what waits; gone says that it has.
	quit, gone chan struct{}

	rooms map[chat.RoomID]*roomState
	// nextPos is the pos of the next entry, 0 when it is not known; indexed is
	// that of the last entry whose words are in the index.
	nextPos, indexed int64
	indexedAt        time.Time
	maxUnindexed     int64
	// hasErased says that the journal may hold words which a deletion erased.
	hasErased bool
	// mustErase says that deleted rooms may hold words; erasing is ready while
	// slices of that are to follow, isMerging while those are of the index.
	mustErase, isMerging bool
	erasing              <-chan struct{}
	// largeRoom is how many entries are emptied in one commit at most, sliceLen
	// how many a slice empties of a room with more.
	largeRoom, sliceLen int
	batch               []submission
	// crowd is how many jobs lately came together: 1 while a single caller writes.
	crowd   int
	flushed time.Time
}

func newWriter(store *Store, conn *sqlite.Conn) *writer {
	return &writer{
		store: store, conn: conn, queue: newQueue(),
		quit: make(chan struct{}), gone: make(chan struct{}), rooms: map[chat.RoomID]*roomState{},
		maxUnindexed: maxUnindexed, largeRoom: maxErasedAtOnce, sliceLen: erasedEntries,
		hasErased: true, mustErase: true, // before a crash, perhaps
	}
}

// submit waits until the job's transaction is durable. CodeUnavailable says
// that it is not known to be.
func (w *writer) submit(ctx context.Context, j job) error {
	if err := ctx.Err(); err != nil {
		return chat.Wrap(err, chat.CodeUnavailable, "not begun")
	}
	s := submission{job: j, ctx: ctx, done: make(chan error, 1)}
	if err := w.queue.put(s); err != nil {
		return err
	}
	select {
	case err := <-s.done:
		return err
	case <-ctx.Done():
		return chat.Wrap(ctx.Err(), chat.CodeUnavailable, "waiting for the commit")
	}
}

var errClosed = chat.Errorf(chat.CodeUnavailable, "the store is closed")

// run takes jobs until quit, then those that wait, and flushes the marks.
func (w *writer) run() {
	defer close(w.gone)
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	for {
		select {
		case <-w.queue.ready:
			runtime.Gosched() // callers that were just answered may have more to send
			w.gather()
			w.commit()
		case <-ticker.C:
			w.commit()
			w.resumeErasing()
			w.wipe()
		case <-w.erasing:
			w.erase()
		case <-w.quit:
			w.drain()
			return
		}
	}
}

// gather collects the jobs that wait. While several callers write at a time it
// waits, for window at most, until as many jobs have come as lately came together:
// a commit costs far more than its jobs. A single caller never waits.
func (w *writer) gather() {
	w.batch = w.queue.take(w.batch)
	if len(w.batch) == 0 {
		return
	}
	if len(w.batch) < w.crowd {
		w.linger()
	}
	w.queue.want(1)
	w.crowd = max(len(w.batch), w.crowd-(w.crowd+7)/8)
}

func (w *writer) linger() {
	over := time.NewTimer(window)
	defer over.Stop()
	for isOver := false; len(w.batch) < w.crowd && !isOver; {
		w.queue.want(w.crowd - len(w.batch))
		select {
		case <-w.queue.ready:
		case <-over.C:
			isOver = true
		}
		w.batch = w.queue.take(w.batch)
	}
}

// drain does the jobs that wait and lets no more in.
func (w *writer) drain() {
	w.queue.close()
	for w.queue.len() > 0 {
		w.batch = w.queue.take(w.batch)
		w.commit()
	}
	w.flushed, w.indexedAt = time.Time{}, time.Time{} // marks and words are due now
	w.commit()
}

// commit writes the batch and the marks that are due in one transaction and
// answers every job of the batch.
func (w *writer) commit() {
	marks := w.dueMarks()
	if len(w.batch) == 0 && len(marks) == 0 && !w.isIndexDue() {
		return
	}
	err := w.transact(marks, doJob)
	if isOfJob(err) {
		err = w.transact(marks, doJobApart)
	}
	if err != nil {
		err = chat.Wrap(err, codeOf(err), "commit")
	}
	for i := range w.batch {
		w.batch[i].done <- cmp.Or(err, w.batch[i].failure)
		w.batch[i] = submission{}
	}
	w.batch = w.batch[:0]
}

func (w *writer) dueMarks() map[markKey]chat.Mark {
	if time.Since(w.flushed) < flushEvery {
		return nil
	}
	w.flushed = time.Now()
	return w.store.marks.pending()
}

// transact makes the batch durable, or leaves the file as it was and clears what
// the writer remembers.
func (w *writer) transact(marks map[markKey]chat.Mark, do doing) error {
	tx := &tx{writer: w, conn: w.conn}
	err := exec(w.conn, "BEGIN IMMEDIATE")
	if err == nil {
		err = w.apply(tx, marks, do)
	}
	if err == nil {
		tx.hide()
		err = exec(w.conn, "COMMIT")
	}
	if err != nil {
		w.rollback()
		tx.show(err)
		return err
	}
	tx.show(nil)
	w.store.marks.written(marks)
	w.store.batches.count(len(w.batch))
	return nil
}

func (w *writer) apply(tx *tx, marks map[markKey]chat.Mark, do doing) error {
	for i := range w.batch {
		s := &w.batch[i]
		if s.failure = chat.Wrap(s.ctx.Err(), chat.CodeUnavailable, "waiting to be written"); s.failure != nil {
			continue
		}
		if err := do(tx, s); err != nil {
			return err
		}
	}
	if w.isIndexDue() {
		if err := tx.index(); err != nil {
			return err
		}
	}
	return writeMarks(w.conn, marks)
}

// rollback undoes the transaction and clears what the writer remembers. A failed
// COMMIT may have rolled back by itself.
func (w *writer) rollback() {
	w.forget()
	if !w.conn.AutocommitEnabled() {
		_ = exec(w.conn, "ROLLBACK") // if this fails, the next BEGIN fails and reports it
	}
}

func (w *writer) forget() {
	clear(w.rooms)
	w.nextPos = 0
}

// codeOf returns CodeUnavailable for a failure of SQLite that may pass and
// CodeInternal for one that needs a person.
func codeOf(err error) chat.Code {
	var known *chat.Error
	if errors.As(err, &known) {
		return known.Code
	}
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultBusy, sqlite.ResultFull, sqlite.ResultIOErr, sqlite.ResultNoMem, sqlite.ResultInterrupt, sqlite.ResultLocked:
		return chat.CodeUnavailable
	default:
		return chat.CodeInternal
	}
}

// failed wraps an error with the operation and its key; nil stays nil.
func failed(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return chat.Wrap(err, codeOf(err), fmt.Sprintf(format, args...))
}
