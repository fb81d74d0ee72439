package wsserver

import (
	"slices"
	"sync"

	"github.com/maru-chat/maru/internal/chat"
)

// Bounds of what waits for one connection. A socket's own buffers hold some
// hundred kilobytes before anything waits here.
const (
	maxItems   = 512
	maxWaiting = 256 << 10 // bytes of pushes
	maxAnswers = 128 << 10 // bytes of answers, beyond which reading pauses
)

// queue holds the frames that wait to be written to one connection; they are shared
// with other queues. At most one goroutine at a time takes and writes them: push
// tells its caller when the caller must.
type queue struct {
	mu    sync.Mutex
	items []*item
	// rooms are the connection's subscriptions, which mu guards too.
	rooms []subscription
	// behind are the rooms whose pushes were dropped and whose notice still waits.
	behind []*room

	waiting, answers int // bytes
	// waiter is closed when the goroutine that waits may go on: when enough answers
	// have been taken or, once the queue is closed, everything; nil if none waits.
	waiter chan struct{}

	isBusy   bool // a goroutine writes, or is about to
	isCorked bool // a message of this connection is being handled
	isClosed bool // new pushes are dropped
}

// item is one frame that waits, in one queue or in many. Only a notice, which
// belongs to one queue, is ever changed.
type item struct {
	frame    frame       // nil for the notice that room is behind
	room     *room       // of an entry or a notice; nil otherwise
	about    *room       // to whose listeners it was pushed; nil otherwise
	head     chat.Cursor // of the entry
	isAnswer bool
}

func answer(line []byte) *item { return &item{frame: textFrame(line), isAnswer: true} }

// push queues a frame and reports whether the caller must flush the queue, and
// whether pushes were dropped. If an entry does not fit, all waiting entries of the
// room that has the most bytes waiting are dropped to make space. An answer always
// fits; anything else that does not fit is itself dropped.
func (q *queue) push(it *item) (isWoken, isShed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.isClosed {
		return false, false
	}
	isFull := !it.isAnswer && (len(q.items) >= maxItems || q.waiting+len(it.frame) > maxWaiting)
	if isFull && it.room == nil {
		return false, false
	}
	if isFull {
		q.shed(it.room)
	}
	if it.room != nil && slices.Contains(q.behind, it.room) {
		q.noticeOf(it.room).head = it.head
		return false, isFull
	}
	q.append(it)
	return q.wake(), isFull
}

func (q *queue) append(it *item) {
	q.items = append(q.items, it)
	if it.isAnswer {
		q.answers += len(it.frame)
	} else {
		q.waiting += len(it.frame)
	}
}

// wake reports whether the caller must begin to write.
func (q *queue) wake() bool {
	if q.isBusy || q.isCorked || len(q.items) == 0 {
		return false
	}
	q.isBusy = true
	return true
}

// shed drops the waiting entries of the room that has the most bytes waiting, of
// pushing if there are none, and queues a notice for that room.
func (q *queue) shed(pushing *room) {
	counts := map[*room]int{pushing: 1}
	victim := pushing
	for _, it := range q.items {
		if it.room == nil || it.frame == nil {
			continue
		}
		counts[it.room] += len(it.frame)
		if counts[it.room] > counts[victim] {
			victim = it.room
		}
	}
	var head chat.Cursor
	q.items = slices.DeleteFunc(q.items, func(it *item) bool {
		isDropped := it.room == victim && it.frame != nil
		if isDropped {
			head = it.head
			q.waiting -= len(it.frame)
		}
		return isDropped
	})
	if !slices.Contains(q.behind, victim) {
		q.behind = append(q.behind, victim)
		q.items = append(q.items, &item{room: victim, head: head})
	}
}

// noticeOf returns the notice that waits for a room in q.behind.
func (q *queue) noticeOf(r *room) *item {
	i := slices.IndexFunc(q.items, func(it *item) bool { return it.room == r && it.frame == nil })
	return q.items[i]
}

// take returns the bytes of the next message, valid until b is used again. It
// returns nil if there is nothing to write now; then the caller must stop writing.
func (q *queue) take(b *batch, c codec) []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.isCorked {
		q.spellOut(c)
	}
	if len(q.items) == 0 || q.isCorked {
		q.isBusy = false
		q.release(q.isClosed)
		return nil
	}
	out, n := q.items[0].frame, 1
	if c.isJoined() {
		if joined := q.join(b); joined > 1 {
			out, n = b.frame(), joined
		}
	}
	q.remove(n)
	return out
}

// spellOut turns the waiting notices, which are rare, into frames.
func (q *queue) spellOut(c codec) {
	if len(q.behind) == 0 {
		return
	}
	for _, it := range q.items {
		if it.frame != nil {
			continue
		}
		if line := c.behind(it.room.id, it.head); line != nil {
			*it = *answer(line)
			q.answers += len(it.frame)
		}
	}
	q.items = slices.DeleteFunc(q.items, func(it *item) bool { return it.frame == nil })
	q.behind = nil
}

// join collects texts from the front of the queue, as many as fit in one message,
// and returns how many.
func (q *queue) join(b *batch) int {
	if len(q.items) < 2 {
		return len(q.items)
	}
	b.reset()
	for n, it := range q.items {
		if !it.frame.isText() || !b.add(it.frame.text()) {
			return n
		}
	}
	return len(q.items)
}

// maxKept is the largest capacity that an empty queue keeps, in items.
const maxKept = 16

func (q *queue) remove(n int) {
	for _, it := range q.items[:n] {
		if it.isAnswer {
			q.answers -= len(it.frame)
		} else {
			q.waiting -= len(it.frame)
		}
	}
	q.items = slices.Delete(q.items, 0, n)
	if len(q.items) == 0 && cap(q.items) > maxKept {
		q.items = nil
	}
	q.release(!q.isClosed && q.answers <= maxAnswers)
}

// release lets the goroutine that waits go on, if there is one and it may.
func (q *queue) release(may bool) {
	if may && q.waiter != nil {
		close(q.waiter)
		q.waiter = nil
	}
}

// purge drops what waits of the pushes to a room's listeners.
func (q *queue) purge(r *room) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = slices.DeleteFunc(q.items, func(it *item) bool {
		isOfRoom := it.about == r || it.room == r // a notice has room alone
		if isOfRoom {
			q.waiting -= len(it.frame)
		}
		return isOfRoom
	})
	q.behind = slices.DeleteFunc(q.behind, func(other *room) bool { return other == r })
}

// cork holds back what is pushed, so that it is sent with the answer, or not at all
// if the answer refuses a subscription.
func (q *queue) cork() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.isCorked = true
}

// uncork reports whether the caller must flush the queue. If full is not nil,
// reading must pause until full is closed.
func (q *queue) uncork() (isWoken bool, full <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.isCorked = false
	if q.answers > maxAnswers && !q.isClosed {
		q.waiter = make(chan struct{})
		full = q.waiter
	}
	return q.wake(), full
}

// finish queues the last frame and closes the queue. It reports whether the caller
// must flush the queue. written is closed when everything has been taken; it is nil
// if the queue was closed before.
func (q *queue) finish(last frame) (isWoken bool, written <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.isClosed {
		return false, nil
	}
	q.isClosed, q.isCorked = true, false
	q.append(&item{frame: last, isAnswer: true})
	q.waiter = make(chan struct{})
	return q.wake(), q.waiter
}

// abandon closes the queue and drops what waits.
func (q *queue) abandon() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.isClosed = true
	q.remove(len(q.items))
	q.release(true)
}
