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
	maxAnswers = 128 << 10 // bytes of answers, beyond which the reader pauses
)

// queue is what waits to be written to one connection. Frames are shared with
// other queues. At most one goroutine at a time writes what it takes; push
// tells its caller when that is to be the caller's business.
type queue struct {
	mu    sync.Mutex
	items []*item
	// rooms are where the connection listens; here because the same lock guards it.
	rooms []subscription
	// behind are the rooms whose pushes were dropped and whose notice still waits.
	behind []*room

	waiting, answers int // bytes
	// waiter is closed when the reader may go on: when enough answers have left
	// or, once the queue is closed, all that waited; nil while it does not wait.
	waiter chan struct{}

	isBusy   bool // a goroutine writes, or is about to
	isCorked bool // a frame of this connection is being handled
	isClosed bool // what is pushed now is dropped
}

// item is one frame that waits, in one queue or in many. Only a notice, which
// belongs to one queue, is ever changed.
type item struct {
	frame    frame       // nil: the notice that room is behind
	room     *room       // whose entry it is; nil for all else
	about    *room       // of what was pushed to a room's listeners
	head     chat.Cursor // of the entry
	isAnswer bool
}

func answer(line []byte) *item { return &item{frame: textFrame(line), isAnswer: true} }

// push queues a frame and reports whether the caller has to have the queue
// written, and whether a room was dropped from it. An entry that does not fit
// is dropped with all that waits of the room that has most waiting; anything
// else that does not fit, unless it is an answer, is dropped alone.
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

// wake reports whether somebody has to begin to write.
func (q *queue) wake() bool {
	if q.isBusy || q.isCorked || len(q.items) == 0 {
		return false
	}
	q.isBusy = true
	return true
}

// shed drops what waits of the room that has most waiting, pushing among the
// candidates, and leaves a notice in its place at the end.
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

// noticeOf returns the waiting notice of a room that is behind.
func (q *queue) noticeOf(r *room) *item {
	i := slices.IndexFunc(q.items, func(it *item) bool { return it.room == r && it.frame == nil })
	return q.items[i]
}

// take returns the bytes of the next message, good until b is used again; nil
// when nothing may leave, and then the caller no longer writes.
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

// spellOut turns the notices that wait into frames. They wait seldom.
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

// join collects texts from the front of the queue, as many as one message
// holds, and returns how many.
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

// maxKept is how many items an empty queue keeps room for.
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

// release lets the reader go on if it waits and may.
func (q *queue) release(may bool) {
	if may && q.waiter != nil {
		close(q.waiter)
		q.waiter = nil
	}
}

// purge drops what waits of a room.
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

// cork holds back what is pushed, so that it leaves with the answer, and not at
// all where the answer is that a subscription was refused.
func (q *queue) cork() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.isCorked = true
}

// uncork reports whether the caller has to have the queue written. full is
// non-nil when the reader has to pause until it is closed.
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

// finish queues the last frame and drops whatever is pushed after it. It
// reports whether the caller has to have the queue written; written is closed
// when that has been done, and nil when the queue was closed before.
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

// abandon forgets what waits: nobody will read it.
func (q *queue) abandon() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.isClosed = true
	q.remove(len(q.items))
	q.release(true)
}
