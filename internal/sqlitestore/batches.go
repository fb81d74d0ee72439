package sqlitestore

import (
	"math/bits"
	"sync/atomic"
)

// Batches says how writes were grouped since the store was opened.
type Batches struct {
	// Commits counts transactions that carried jobs, Jobs the jobs in them.
	Commits, Jobs int64
	// Sizes counts commits by their jobs: Sizes[i] those of 2^i up to 2^(i+1)-1.
	Sizes [10]int64
}

type batchCounter struct {
	commits, jobs atomic.Int64
	sizes         [10]atomic.Int64
}

func (c *batchCounter) count(jobs int) {
	if jobs == 0 {
		return
	}
	c.commits.Add(1)
	c.jobs.Add(int64(jobs))
	c.sizes[min(bits.Len(uint(jobs)), len(c.sizes))-1].Add(1)
}

// Batches returns the sizes of the transactions so far. The numbers are read one
// after the other, so those read while the writer is busy may not add up.
func (s *Store) Batches() Batches {
	b := Batches{Commits: s.batches.commits.Load(), Jobs: s.batches.jobs.Load()}
	for i := range b.Sizes {
		b.Sizes[i] = s.batches.sizes[i].Load()
	}
	return b
}
