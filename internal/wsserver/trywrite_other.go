//go:build !unix

package wsserver

import (
	"net"
	"syscall"
)

// rawConn returns nil: every write may wait here.
func rawConn(net.Conn) syscall.RawConn { return nil }

func tryWrite(syscall.RawConn, []byte) (int, error) { return 0, nil }
