package wsserver

import (
	"context"
	"sync/atomic"
)

// maxIdleWorkers is how many workers wait for messages; more are started as needed.
const maxIdleWorkers = 64

// workers handle messages. That takes a deep stack, which a few goroutines have in
// place of every connection that ever sent something.
type workers struct {
	ctx       context.Context
	deadlines deadlines
	jobs      chan job
	idle      atomic.Int32
}

// job is a message of a connection.
type job struct {
	c *connection
	// message is nil for what has come and is still to be read.
	message []byte
}

func (j job) do() {
	if j.message == nil {
		j.c.handleAll()
	} else {
		j.c.receive(j.message)
	}
}

func newWorkers(ctx context.Context) *workers {
	return &workers{ctx: ctx, deadlines: deadlines{parent: ctx}, jobs: make(chan job)}
}

// do gives a job to an idle worker or to a new one.
func (w *workers) do(j job) {
	select {
	case w.jobs <- j:
	default:
		go w.work(j)
	}
}

// work does the job and then waits for others, unless enough do so already.
func (w *workers) work(j job) {
	for {
		j.do()
		j = job{}
		if w.idle.Add(1) > maxIdleWorkers {
			w.idle.Add(-1)
			return
		}
		select {
		case j = <-w.jobs:
			w.idle.Add(-1)
		case <-w.ctx.Done():
			return
		}
	}
}
