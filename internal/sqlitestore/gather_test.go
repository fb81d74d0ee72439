package sqlitestore

import (
	"testing"
	"testing/synctest"
	"time"
)

// arrive queues n jobs, one after each pause, from a goroutine of its own.
func arrive(w *writer, n int, pause time.Duration) {
	go func() {
		for range n {
			time.Sleep(pause)
			_ = w.queue.put(submission{})
		}
	}()
}

// gathered runs one gather and returns how many jobs it collected and how long it
// took.
func gathered(w *writer) (jobs int, took time.Duration) {
	<-w.queue.ready
	began := time.Now()
	w.gather()
	jobs = len(w.batch)
	w.batch = w.batch[:0]
	return jobs, time.Since(began)
}

func TestGather(t *testing.T) {
	t.Run("never makes a single caller wait", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWriter(nil, nil)
			for range 20 {
				arrive(w, 1, time.Second)
				if jobs, took := gathered(w); jobs != 1 || took != 0 {
					t.Fatalf("took %d jobs and waited %v", jobs, took)
				}
			}
		})
	})
	t.Run("waits for as many as lately came together", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWriter(nil, nil)
			w.crowd = 4
			arrive(w, 4, window/10)
			if jobs, took := gathered(w); jobs != 4 || took != 3*window/10 {
				t.Fatalf("took %d jobs and waited %v", jobs, took)
			}
		})
	})
	t.Run("waits no longer than the window", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWriter(nil, nil)
			w.crowd = 100
			arrive(w, 2, window/2+1)
			if jobs, took := gathered(w); jobs != 2 || took != window {
				t.Fatalf("took %d jobs and waited %v", jobs, took)
			}
		})
	})
	t.Run("forgets a crowd that does not come again", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWriter(nil, nil)
			w.crowd = maxBatch
			var took time.Duration
			for range 60 {
				arrive(w, 1, time.Second)
				_, took = gathered(w)
			}
			if took != 0 || w.crowd != 1 {
				t.Fatalf("still waits %v for a crowd of %d", took, w.crowd)
			}
		})
	})
}
