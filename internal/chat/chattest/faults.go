package chattest

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"github.com/maru-chat/maru/internal/chat"
)

// Fault is what goes wrong with one call. Every fault is reported as
// CodeUnavailable: the caller cannot tell them apart. A read just fails.
type Fault int

// The faults.
const (
	NoFault        Fault = iota
	NotSaved             // nothing was written
	SavedButFailed       // it was written
	Undecided            // it is written when Land is called, or never
)

// FaultStore is a store whose calls fail by script (Fail, Stall) or at random
// (FailRandomly). The script takes precedence. Each call yields to other
// goroutines, to make interleavings likely. It is safe for concurrent use.
type FaultStore struct {
	store Store

	mu      sync.Mutex
	calls   map[Op]int
	plans   map[Op]map[int]plan // by the number of the call
	chance  *rand.Rand
	share   float64
	pending []func() // undecided writes
}

// plan is what happens to one call.
type plan struct {
	fault Fault
	stall *Stall
}

var _ Store = (*FaultStore)(nil)

// NewFaultStore returns a FaultStore around store, without faults so far.
func NewFaultStore(store Store) *FaultStore {
	return &FaultStore{store: store, calls: map[Op]int{}, plans: map[Op]map[int]plan{}}
}

// Fail gives the fault to the nth call of op from now on, counted from 1.
func (f *FaultStore) Fail(op Op, nth int, fault Fault) { f.plan(op, nth, plan{fault: fault}) }

// Stall makes the nth call of op from now on, counted from 1, wait before it does
// anything.
func (f *FaultStore) Stall(op Op, nth int) *Stall {
	s := &Stall{reached: make(chan struct{}), released: make(chan struct{})}
	f.plan(op, nth, plan{stall: s})
	return s
}

func (f *FaultStore) plan(op Op, nth int, p plan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.plans[op] == nil {
		f.plans[op] = map[int]plan{}
	}
	f.plans[op][f.calls[op]+nth] = p
}

// FailRandomly makes this share (0 to 1) of all calls fail, each with one of the
// three faults, and makes undecided writes land or vanish between later calls. The
// same seed gives the same faults to the same sequence of calls.
func (f *FaultStore) FailRandomly(seed uint64, share float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.chance, f.share = rand.New(rand.NewPCG(seed, seed)), share
}

// Calls returns how often op was called.
func (f *FaultStore) Calls(op Op) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[op]
}

// Land makes all undecided writes now, in the order of their calls. Nobody hears
// of their outcome, as if the network had lost the answer.
func (f *FaultStore) Land() {
	for _, write := range f.takePending() {
		write()
	}
}

// Drop forgets all undecided writes.
func (f *FaultStore) Drop() { f.takePending() }

func (f *FaultStore) takePending() []func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	pending := f.pending
	f.pending = nil
	return pending
}

// Stall is a call that waits until the test releases it.
type Stall struct {
	reached, released chan struct{}
}

// Reached is closed when the call has come.
func (s *Stall) Reached() <-chan struct{} { return s.reached }

// Release lets the call go on. It may be called once.
func (s *Stall) Release() { close(s.released) }

// wait returns when the test releases the call or the caller gives up.
func (s *Stall) wait(ctx context.Context) error {
	close(s.reached)
	select {
	case <-s.released:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// call makes one call of op as planned.
func call[T any](ctx context.Context, f *FaultStore, op Op, do func(context.Context) (T, error)) (T, error) {
	p, overdue := f.next(op)
	runtime.Gosched()
	if overdue != nil {
		overdue()
	}
	var none T
	if p.stall != nil {
		if err := p.stall.wait(ctx); err != nil {
			return none, chat.Wrap(err, chat.CodeUnavailable, string(op))
		}
	}
	if p.fault != NoFault && !slices.Contains(Writes, op) {
		return none, lost(op)
	}
	switch p.fault {
	case NotSaved:
		return none, lost(op)
	case SavedButFailed:
		_, _ = do(ctx) // its answer is lost
		return none, lost(op)
	case Undecided:
		ctx := context.WithoutCancel(ctx)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.pending = append(f.pending, func() { _, _ = do(ctx) })
		return none, lost(op)
	default:
		return do(ctx)
	}
}

// next returns the plan of this call, and by chance an undecided write that
// lands before it.
func (f *FaultStore) next(op Op) (plan, func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[op]++
	overdue := f.overdue()
	if p, isPlanned := f.plans[op][f.calls[op]]; isPlanned {
		delete(f.plans[op], f.calls[op])
		return p, overdue
	}
	if f.chance == nil || f.chance.Float64() >= f.share {
		return plan{}, overdue
	}
	return plan{fault: Fault(1 + f.chance.IntN(int(Undecided)))}, overdue
}

// overdue picks, by chance, an undecided write that lands now, and forgets
// another.
func (f *FaultStore) overdue() func() {
	if f.chance == nil || len(f.pending) == 0 || f.chance.IntN(4) > 0 {
		return nil
	}
	i := f.chance.IntN(len(f.pending))
	write := f.pending[i]
	f.pending = slices.Delete(f.pending, i, i+1)
	if f.chance.IntN(3) == 0 {
		return nil // never written
	}
	return write
}

func lost(op Op) error {
	return chat.Errorf(chat.CodeUnavailable, "%s: the answer was lost", op)
}
