package dynamostore

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing/synctest"

	"github.com/maru-chat/maru/internal/chat"
)

// world runs one history: a few processes with the real service on the real
// append walk, a few clients, and one table. Every call to the table and every
// wait is a step. Every goroutine blocks at its next step; the world draws one of
// them, and that one alone runs to its next step. So the seed determines the history.
// It runs in a synctest bubble, by which the world knows that all are blocked.
type world struct {
	rng   *rand.Rand
	table *items
	// isQuiet is set while the room is set up: steps happen at once, without faults.
	isQuiet bool

	processes []*process
	faults    faults
	tally     tally
	trace     []string
	isTraced  bool
	taken     int // steps so far

	mu      sync.Mutex
	arrived []*step // came to stand since the last draw
	waiting []*step
	late    []lateWrite
	// requests counts them, to name each.
	requests int
	// violations are found while the history runs.
	violations []string
}

// faults says how often things go wrong in this history.
type faults struct {
	undecided   int // of 100 writes
	failedReads int // of 100 reads
	crashes     int // in all
	impatience  int // of 100 draws of a client's patience
}

// tally counts what happened, so that a run shows what it went through.
type tally struct {
	entries, acks, lostSlots, undecided, late, crashes int
	// removals and rejoins are entries of the finished log, raised counts the
	// times that a client raised since after an answer that it did not get.
	removals, rejoins, raised int
}

func (t *tally) add(o tally) {
	t.entries += o.entries
	t.acks += o.acks
	t.lostSlots += o.lostSlots
	t.undecided += o.undecided
	t.late += o.late
	t.crashes += o.crashes
	t.removals += o.removals
	t.rejoins += o.rejoins
	t.raised += o.raised
}

// step is a goroutine that stands still until the world lets it go on.
type step struct {
	owner string // the request, client or process that it belongs to
	what  string
	// process is where it runs; nil for a client's own steps.
	process *process
	kind    stepKind
	do      func()
	done    chan error
	// isWithdrawn says that nobody waits for the step any more.
	isWithdrawn bool
}

type stepKind int

const (
	stepWait     stepKind = iota // a pause: it only takes its turn
	stepPatience                 // a client waiting for an answer: drawn, it gives up
	stepRead
	stepWrite
)

// lateWrite was given up by its caller and may yet happen.
type lateWrite struct {
	what string
	do   func()
}

// errDead is what the calls of a crashed process return. Nothing depends on it,
// because nobody sees it.
var errDead = errors.New("this process is dead")

// maxSteps ends a history that would never end by itself.
const maxSteps = 20_000

func newWorld(seed uint64) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 0)), table: newItems()}
	w.faults = faults{
		undecided:   []int{0, 5, 15, 30}[w.rng.IntN(4)],
		failedReads: w.rng.IntN(3),
		crashes:     w.rng.IntN(3),
		impatience:  []int{0, 1, 3}[w.rng.IntN(3)],
	}
	return w
}

// stand blocks the calling goroutine until its turn.
func (w *world) stand(s *step) error {
	w.mu.Lock()
	switch {
	case w.isQuiet: // and one at a time: the table is not safe for concurrent use
		s.do()
		w.mu.Unlock()
		return nil
	case s.process != nil && s.process.isDead:
		w.mu.Unlock()
		return errDead
	}
	s.done = make(chan error, 1)
	w.arrived = append(w.arrived, s)
	w.mu.Unlock()
	return <-s.done
}

// run draws steps until no goroutine waits any more, and then draws which of the
// late writes happen.
func (w *world) run() {
	for w.gather() {
		if w.taken++; w.taken > maxSteps {
			w.violate("no end after %d steps", maxSteps)
			w.abandon()
			return
		}
		if len(w.late) > 0 && w.rng.IntN(8) == 0 {
			w.happenLate(w.rng.IntN(len(w.late)))
			continue
		}
		w.take(w.rng.IntN(len(w.waiting)))
	}
	for len(w.late) > 0 {
		if w.rng.IntN(2) == 0 {
			w.late = w.late[1:]
		} else {
			w.happenLate(0)
		}
	}
}

// gather waits until every goroutine is blocked, and reports whether one waits at a
// step.
func (w *world) gather() bool {
	synctest.Wait()
	slices.SortFunc(w.arrived, func(a, b *step) int {
		return cmp.Or(cmp.Compare(a.owner, b.owner), cmp.Compare(a.what, b.what))
	})
	w.waiting = append(w.waiting, w.arrived...)
	w.arrived = w.arrived[:0]
	w.waiting = slices.DeleteFunc(w.waiting, func(s *step) bool { return s.isWithdrawn })
	return len(w.waiting) > 0
}

// take gives the i-th waiting step its turn, with or without a fault.
func (w *world) take(i int) {
	s := w.waiting[i]
	if s.kind == stepPatience && w.rng.IntN(100) >= w.faults.impatience {
		return
	}
	w.waiting = slices.Delete(w.waiting, i, i+1)
	if w.isCrashing(s) {
		w.crash(s)
		return
	}
	switch {
	case s.kind == stepWrite && w.rng.IntN(100) < w.faults.undecided:
		w.lose(s, errUndecided)
	case s.kind == stepRead && w.rng.IntN(100) < w.faults.failedReads:
		w.reply(s, chat.Errorf(chat.CodeUnavailable, "the read failed"), "fails")
	default:
		s.do()
		w.reply(s, nil, "")
	}
}

func (w *world) reply(s *step, err error, how string) {
	if w.isTraced {
		w.trace = append(w.trace, fmt.Sprintf("%4d %-12s %s %s", w.taken, s.owner, s.what, how))
	}
	s.done <- err
}

// lose answers a write with err: after it happened, without it, or before it; in the
// last case it becomes a late write.
func (w *world) lose(s *step, err error) {
	w.tally.undecided++
	switch w.rng.IntN(3) {
	case 0:
		s.do()
		w.reply(s, err, "happens, its answer is lost")
	case 1:
		w.reply(s, err, "is refused or lost")
	default:
		w.late = append(w.late, lateWrite{s.owner + " " + s.what, s.do})
		w.reply(s, err, "comes late")
	}
}

func (w *world) happenLate(i int) {
	w.tally.late++
	l := w.late[i]
	w.late = slices.Delete(w.late, i, i+1)
	if w.isTraced {
		w.trace = append(w.trace, fmt.Sprintf("%4d late: %s", w.taken, l.what))
	}
	l.do()
}

// isCrashing draws whether the step's process dies here; the last one lives on.
func (w *world) isCrashing(s *step) bool {
	return s.process != nil && w.faults.crashes > 0 && len(w.alive()) > 1 && w.rng.IntN(40) == 0
}

// crash ends a process at one of its steps, with all its goroutines.
func (w *world) crash(s *step) {
	w.faults.crashes--
	w.tally.crashes++
	w.mu.Lock()
	s.process.isDead = true
	w.mu.Unlock()
	w.end(s)
	for {
		w.gather()
		i := slices.IndexFunc(w.waiting, func(other *step) bool { return other.process == s.process })
		if i < 0 {
			return
		}
		other := w.waiting[i]
		w.waiting = slices.Delete(w.waiting, i, i+1)
		w.end(other)
	}
}

func (w *world) end(s *step) {
	if s.kind == stepWrite {
		w.lose(s, errDead)
	} else {
		w.reply(s, errDead, "dies")
	}
}

// abandon ends every goroutine of a history that would not end by itself.
func (w *world) abandon() {
	w.mu.Lock()
	for _, p := range w.processes {
		p.isDead = true
	}
	w.mu.Unlock()
	for w.gather() {
		w.end(w.waiting[0])
		w.waiting = w.waiting[1:]
	}
}

func (w *world) alive() []*process {
	var alive []*process
	for _, p := range w.processes {
		if !p.isDead {
			alive = append(alive, p)
		}
	}
	return alive
}

func (w *world) violate(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, fmt.Sprintf(format, args...))
}
