package resident

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// FreeAddr returns a loopback address that nobody listens on and that no other call
// returns, in any process, until this process ends. Its port lies below those that
// systems give to outgoing connections (from 49152 on by RFC 6335, from 32768 on in
// Linux), so that no connection of a client takes the port of a server that is down
// between two starts.
func FreeAddr() (string, error) {
	const lowest, count, attempts = 20_000, 12_000, 100
	var err error
	for range attempts {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(lowest+rand.IntN(count)))
		if err = reserve(addr); err == nil {
			return addr, nil
		}
	}
	return "", err
}

// reservations are UDP sockets, which leave TCP alone, each with the port that it
// reserves. The system closes them with the process, however that ends.
var reservations struct {
	sync.Mutex
	sockets []net.PacketConn
}

// reserve takes the address for this process. It fails if the address is reserved or
// if somebody listens on it.
func reserve(addr string) error {
	socket, err := net.ListenPacket("udp", addr)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		_ = socket.Close()
		return err
	}
	reservations.Lock()
	defer reservations.Unlock()
	reservations.sockets = append(reservations.sockets, socket)
	return listener.Close()
}
