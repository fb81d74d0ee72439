//go:build unix

package wsserver

import (
	"net"
	"sync"
	"syscall"
)

// rawConn returns the socket under stream, nil if a frame cannot be written to it
// as it is (TLS).
func rawConn(stream net.Conn) syscall.RawConn {
	tcp, ok := stream.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// attempt is one write that does not block. Attempts are pooled to save the
// allocation of try.
type attempt struct {
	p   []byte
	n   int
	err error
	try func(fd uintptr)
}

var attempts = sync.Pool{New: func() any {
	a := new(attempt)
	a.try = a.write
	return a
}}

// tryWrite writes by Control, which gives the file descriptor without waiting until
// the socket is ready, as Write would. Only one goroutine at a time writes, so it
// needs no lock.
func tryWrite(raw syscall.RawConn, p []byte) (int, error) {
	a := attempts.Get().(*attempt)
	defer attempts.Put(a)
	a.p, a.n, a.err = p, 0, nil
	err := raw.Control(a.try)
	a.p = nil
	if err != nil {
		return 0, err
	}
	return a.n, a.err
}

func (a *attempt) write(fd uintptr) {
	n, err := syscall.Write(int(fd), a.p)
	for err == syscall.EINTR {
		n, err = syscall.Write(int(fd), a.p)
	}
	switch err {
	case nil:
		a.n = n
	case syscall.EAGAIN:
	default:
		a.err = err
	}
}
