package sqlitestore

import (
	"context"
	"slices"
	"sync"
)

// submission is a job and how its submitter waits for it.
type submission struct {
	job  job
	ctx  context.Context
	done chan error
	// failure is the error of this job alone: it failed by a fault of its own, or
	// its submitter no longer waits.
	failure error
}

// queue holds the jobs that wait for the writer. The writer says how many it wants,
// and is woken when so many wait: to be woken for each would cost more than most
// jobs do.
type queue struct {
	// ready has a token if as many jobs wait as are wanted. The token may be stale.
	ready chan struct{}

	mu       sync.Mutex
	waiting  []submission
	wanted   int
	isClosed bool
}

func newQueue() *queue { return &queue{ready: make(chan struct{}, 1), wanted: 1} }

// put adds a job. It fails if the queue is closed.
func (q *queue) put(s submission) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.isClosed {
		return errClosed
	}
	q.waiting = append(q.waiting, s)
	q.signal()
	return nil
}

// take moves the jobs that wait to the batch, as many as fit.
func (q *queue) take(batch []submission) []submission {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), maxBatch-len(batch))
	batch = append(batch, q.waiting[:n]...)
	q.waiting = slices.Delete(q.waiting, 0, n)
	return batch
}

// want sets how many jobs the writer wants.
func (q *queue) want(jobs int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wanted = jobs
	q.signal()
}

func (q *queue) signal() {
	if len(q.waiting) < q.wanted {
		return
	}
	select {
	case q.ready <- struct{}{}:
	default: // there is a token already
	}
}

// close refuses further jobs.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.isClosed = true
}

// len returns how many jobs wait.
func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}
