package wsserver

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// polled is a Conn over a TCP socket that a poller watches. An idle one has neither a
// goroutine nor a buffer.
type polled struct {
	poller *poller
	id     uint64
	incoming
	// isDrained says that the last read took all that had come.
	isDrained bool

	mu sync.Mutex
	fd int // -1 once closed
	// onReady is called when there may be something to read; nil if nobody waits.
	onReady func()
	// awaited is when onReady was set, since the poller began.
	awaited time.Duration
	// writable is closed when the socket takes bytes again; nil if nobody waits.
	writable chan struct{}

	deadline time.Time
	timer    *time.Timer
	isLate   bool // the deadline has passed
	isOver   bool // what had come by then has been read, up to a buffer's length
}

// takeOver returns a Conn over an upgraded stream; early is what was read of it beyond
// the upgrade request. It fails, and leaves the stream as it was, if that is no TCP
// connection or if the process may have no more files.
func (p *poller) takeOver(stream net.Conn, early []byte) (Conn, error) {
	tcp, isTCP := stream.(*net.TCPConn)
	if !isTCP {
		return nil, errors.ErrUnsupported
	}
	fd, err := duplicate(tcp)
	if err != nil {
		return nil, err
	}
	c := &polled{poller: p, fd: fd, incoming: incoming{rest: bytes.Clone(early)}}
	p.add(c)
	if err := unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, eventOf(c.id, unix.EPOLLONESHOT)); err != nil {
		_ = c.Close()
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	_ = tcp.Close() // the runtime no longer watches it; the copy keeps it open
	return c, nil
}

// duplicate returns a descriptor that the runtime's poller does not know.
func duplicate(tcp *net.TCPConn) (fd int, err error) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = raw.Control(func(original uintptr) {
		fd, failed = unix.FcntlInt(original, unix.F_DUPFD_CLOEXEC, 0)
	})
	return fd, errors.Join(err, os.NewSyscallError("fcntl", failed))
}

// Read implements [Conn].
func (c *polled) Read() (Message, error) {
	for {
		m, err := c.Next()
		if !errors.Is(err, errNothing) {
			return m, err
		}
		ready := make(chan struct{})
		c.Notify(func() { close(ready) })
		<-ready
	}
}

// Next implements [notifier].
func (c *polled) Next() (Message, error) { return c.next(c.read) }

// read reads what has come. It does not ask the kernel again after a read that took
// all: Notify finds out what came since.
func (c *polled) read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.fd < 0:
		return 0, net.ErrClosed
	case c.isOver:
		return 0, os.ErrDeadlineExceeded
	case c.isDrained && !c.isLate:
		return 0, errNothing
	}
	n, err := retry(func() (int, error) { return unix.Read(c.fd, p) })
	c.isDrained, c.isOver = n < len(p), c.isLate
	switch {
	case n > 0:
		return n, nil
	case err == nil:
		return 0, io.EOF
	case errors.Is(err, unix.EAGAIN) && c.isLate:
		return 0, os.ErrDeadlineExceeded
	case errors.Is(err, unix.EAGAIN):
		return 0, errNothing
	default:
		return 0, os.NewSyscallError("read", err)
	}
}

// retry repeats a system call that a signal interrupted. It never returns less than 0
// bytes.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return max(n, 0), err
		}
	}
}

// Notify implements [notifier].
func (c *polled) Notify(f func()) {
	c.mu.Lock()
	isReady := c.fd < 0 || c.isLate
	if !isReady {
		c.onReady, c.isDrained, c.awaited = f, false, time.Since(c.poller.began)
		c.watch()
	}
	c.mu.Unlock()
	if isReady {
		f()
	}
}

// watch tells the kernel what is waited for: it reports that once. The caller holds
// c.mu, and c is open.
func (c *polled) watch() {
	events := uint32(unix.EPOLLONESHOT)
	if c.onReady != nil {
		events |= unix.EPOLLIN | unix.EPOLLRDHUP
	}
	if c.writable != nil {
		events |= unix.EPOLLOUT
	}
	// It fails only for a descriptor that is not registered.
	_ = unix.EpollCtl(c.poller.epoll, unix.EPOLL_CTL_MOD, c.fd, eventOf(c.id, events))
}

// wake passes events on to those who wait for them. It reports whether the peer has
// waited for the answer to its last message.
func (c *polled) wake(events uint32, now time.Duration) (isPrompt bool) {
	c.mu.Lock()
	var onReady func()
	if events&^unix.EPOLLOUT != 0 {
		onReady, c.onReady = c.onReady, nil
	}
	if events&^(unix.EPOLLIN|unix.EPOLLRDHUP) != 0 {
		c.release()
	}
	if c.fd >= 0 && (c.onReady != nil || c.writable != nil) {
		c.watch()
	}
	isPrompt = onReady != nil && now-c.awaited < promptly
	c.mu.Unlock()
	if onReady != nil {
		onReady()
	}
	return isPrompt
}

// release lets the goroutine that waits to write go on. The caller holds c.mu.
func (c *polled) release() {
	if c.writable != nil {
		close(c.writable)
		c.writable = nil
	}
}

// TryWrite implements [Conn].
func (c *polled) TryWrite(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd < 0 {
		return 0, net.ErrClosed
	}
	n, err := retry(func() (int, error) { return unix.Write(c.fd, p) })
	if errors.Is(err, unix.EAGAIN) {
		return 0, nil
	}
	return n, os.NewSyscallError("write", err)
}

// Write implements [Conn].
func (c *polled) Write(p []byte, deadline time.Time) error {
	over := time.NewTimer(time.Until(deadline))
	defer over.Stop()
	for {
		n, err := c.TryWrite(p)
		p = p[n:]
		if err != nil || len(p) == 0 {
			return err
		}
		select {
		case <-c.whenWritable():
		case <-over.C:
			return os.ErrDeadlineExceeded
		}
	}
}

// whenWritable returns a channel that is closed when a write is worth a try.
func (c *polled) whenWritable() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writable == nil {
		c.writable = make(chan struct{})
	}
	writable := c.writable
	if c.fd < 0 {
		c.release()
	} else {
		c.watch()
	}
	return writable
}

// SetReadDeadline implements [Conn].
func (c *polled) SetReadDeadline(deadline time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd < 0 {
		return net.ErrClosed
	}
	c.setDeadline(deadline)
	return nil
}

// setDeadline replaces the deadline. The caller holds c.mu.
func (c *polled) setDeadline(deadline time.Time) {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	c.deadline, c.isLate, c.isOver = deadline, false, false
	if !deadline.IsZero() {
		c.timer = time.AfterFunc(time.Until(deadline), func() { c.expire(deadline) })
	}
}

// expire makes the reader look once more, unless the deadline was replaced.
func (c *polled) expire(deadline time.Time) {
	c.mu.Lock()
	if c.fd < 0 || c.deadline != deadline {
		c.mu.Unlock()
		return
	}
	c.isLate = true
	onReady := c.onReady
	c.onReady = nil
	c.mu.Unlock()
	if onReady != nil {
		onReady()
	}
}

// Close implements [Conn]. Those who wait to read or write go on, and fail.
func (c *polled) Close() error {
	c.mu.Lock()
	if c.fd < 0 {
		c.mu.Unlock()
		return nil
	}
	err := unix.Close(c.fd)
	c.fd = -1
	c.setDeadline(time.Time{})
	c.release()
	onReady := c.onReady
	c.onReady = nil
	c.mu.Unlock()
	c.poller.remove(c)
	if onReady != nil {
		onReady()
	}
	return os.NewSyscallError("close", err)
}
