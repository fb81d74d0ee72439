package resident

import (
	"net"
	"testing"
)

func TestFreeAddr(t *testing.T) {
	t.Parallel()
	addr, err := FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	if reserve(addr) == nil {
		t.Error("the address is given twice")
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatalf("a server cannot listen on the address: %v", err)
	}
	defer listener.Close()
}

func TestReserve_takesNoAddressThatIsInUse(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if reserve(listener.Addr().String()) == nil {
		t.Error("an address was reserved on which somebody listens")
	}
}
