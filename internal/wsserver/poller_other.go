//go:build !linux

package wsserver

import (
	"errors"
	"net"
)

// poller is for Linux: elsewhere each connection has a goroutine that waits.
type poller struct{}

func newPoller() (*poller, error) { return nil, errors.ErrUnsupported }

func (*poller) takeOver(net.Conn, []byte) (Conn, error) { return nil, errors.ErrUnsupported }

func (*poller) close() {}
