package dynamolocal

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

const (
	// Ports are chosen from here on: below those that Linux gives to outgoing
	// connections, which begin at 32768.
	lowestPort, ports = 12_000, 8_000
	// usualPort is taken where it is free: the same endpoint in each run lets go
	// test know again what it has tested with it already.
	usualPort = lowestPort + 17
	// portAttempts bounds how many are tried.
	portAttempts = 100
)

// port is a port for one server. Java binds it seconds after it was chosen, and
// if a package tested at the same time chose it too, both would find that "the
// server" answers: the one that Java gave up on would lose its tables when the
// other has done. So the UDP port of the same number, which nobody needs, is held
// as the sign that it is taken, and let go when its process ends, however that is.
type port struct {
	number int
	claim  net.PacketConn
}

// choosePort returns a loopback port that nobody holds at this moment.
func choosePort() (*port, error) {
	p, err := claimPort(usualPort)
	for range portAttempts {
		if err == nil {
			return p, nil
		}
		p, err = claimPort(lowestPort + rand.IntN(ports))
	}
	return nil, fmt.Errorf("dynamolocal: choosing a port: %w", err)
}

func claimPort(number int) (*port, error) {
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(number))
	claim, err := net.ListenPacket("udp", addr)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", addr)
	if err == nil {
		err = listener.Close()
	}
	if err != nil {
		_ = claim.Close()
		return nil, err
	}
	return &port{number: number, claim: claim}, nil
}
