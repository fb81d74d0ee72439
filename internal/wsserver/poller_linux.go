package wsserver

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// maxEvents is how many sockets one look returns at most.
const maxEvents = 256

// poller watches sockets, so that no goroutine waits for each of them. It waits until
// one is ready; while messages come often, it sleeps and then looks which are.
type poller struct {
	epoll int // watches the sockets
	// gate watches epoll, and the runtime's own poller watches gate. So a goroutine
	// waits for all sockets without keeping a thread. While gate does not watch, a
	// socket that becomes ready wakes nobody.
	gate   *os.File
	gateFD int
	waiter syscall.RawConn // of gate
	began  time.Time
	gone   chan struct{} // closed when run has ended

	mu      sync.Mutex
	sockets map[uint64]*polled // by the id that comes with an event
	lastID  uint64
}

// newPoller returns a poller that runs until close.
func newPoller() (*poller, error) {
	p := &poller{began: time.Now(), gone: make(chan struct{}), sockets: make(map[uint64]*polled)}
	if err := p.start(); err != nil {
		return nil, fmt.Errorf("watch sockets: %w", err)
	}
	go p.run()
	return p, nil
}

func (p *poller) start() (err error) {
	if p.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if p.gateFD, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return errors.Join(err, unix.Close(p.epoll))
	}
	err = errors.Join(unix.SetNonblock(p.gateFD, true), p.setGate(unix.EPOLL_CTL_ADD, unix.EPOLLIN))
	p.gate = os.NewFile(uintptr(p.gateFD), "gate")
	if err == nil {
		p.waiter, err = p.gate.SyscallConn()
	}
	if err == nil {
		err = p.gate.SetReadDeadline(time.Time{}) // fails if the runtime does not watch the gate
	}
	if err != nil {
		return errors.Join(err, p.gate.Close(), unix.Close(p.epoll))
	}
	return nil
}

// setGate makes the gate watch for EPOLLIN, or for nothing with 0.
func (p *poller) setGate(op int, events uint32) error {
	return unix.EpollCtl(p.gateFD, op, p.epoll, &unix.EpollEvent{Events: events})
}

// close ends the poller. Sockets that are still open are never ready again.
func (p *poller) close() {
	_ = p.gate.Close() // wait fails from now on, whatever this returns
	<-p.gone
}

func (p *poller) run() {
	defer close(p.gone)
	defer unix.Close(p.epoll)
	events := make([]unix.EpollEvent, maxEvents)
	var pace pace
	for {
		n, err := p.wait(events)
		if err != nil {
			return
		}
		if p.wake(&pace, events[:n]) {
			p.pause(&pace, events)
		}
	}
}

// wait waits until sockets are ready. It fails when the poller is closed.
func (p *poller) wait(events []unix.EpollEvent) (n int, err error) {
	err = p.waiter.Read(func(uintptr) bool {
		n = p.look(events)
		return n > 0
	})
	return n, err
}

// pause sleeps between looks as long as messages come at that pace. What comes just
// before the gate opens is found by the look with which wait begins.
func (p *poller) pause(pace *pace, events []unix.EpollEvent) {
	if p.setGate(unix.EPOLL_CTL_MOD, 0) != nil {
		return // the poller is closed
	}
	for mayPause := true; mayPause; {
		time.Sleep(pauseFor)
		for n := len(events); n == len(events); { // a full look may have missed some
			n = p.look(events)
			mayPause = p.wake(pace, events[:n])
		}
	}
	_ = p.setGate(unix.EPOLL_CTL_MOD, unix.EPOLLIN)
}

// look returns the sockets that are ready now.
func (p *poller) look(events []unix.EpollEvent) int {
	n, err := unix.EpollWait(p.epoll, events, 0)
	if err != nil {
		return 0
	}
	return n
}

// wake tells the sockets of the events, and reports whether to pause.
func (p *poller) wake(pace *pace, events []unix.EpollEvent) (mayPause bool) {
	now := time.Since(p.began)
	prompt := 0
	for i := range events {
		if s := p.socket(&events[i]); s != nil && s.wake(events[i].Events, now) {
			prompt++
		}
	}
	return pace.note(now, len(events), prompt)
}

// socket returns the socket of an event, nil if it was closed meanwhile.
func (p *poller) socket(e *unix.EpollEvent) *polled {
	id := uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sockets[id]
}

// eventOf returns the event by which the socket with an id is recognized.
func eventOf(id uint64, events uint32) *unix.EpollEvent {
	return &unix.EpollEvent{Events: events, Fd: int32(uint32(id)), Pad: int32(uint32(id >> 32))}
}

// add gives a socket its id.
func (p *poller) add(s *polled) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastID++
	s.id = p.lastID
	p.sockets[s.id] = s
}

func (p *poller) remove(s *polled) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sockets, s.id)
}
