//go:build !unix

package wsserver

import (
	"net"
	"syscall"
)

// rawConn returns nil: writes that do not block are not supported here.
func rawConn(net.Conn) syscall.RawConn { return nil }

func tryWrite(syscall.RawConn, []byte) (int, error) { return 0, nil }
