package dynamolocal

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

const (
	// Ports are chosen from this range, below the ports that Linux gives to outgoing
	// connections, which begin at 32768.
	lowestPort, ports = 12_000, 8_000
	// usualPort is preferred if it is free: with the same endpoint in each run go
	// test can use its cached results.
	usualPort = lowestPort + 17
	// portAttempts bounds how many are tried.
	portAttempts = 100
)

// port is a port for one server. Java binds it seconds after it was chosen. If a
// package tested at the same time chose the same port, one of the two Java processes
// would fail to bind it, both packages would use the other one, and one package would
// lose its tables when the other is done. So the UDP port of the same number, which
// nothing else needs, is held as a claim until the process ends, however it ends.
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
