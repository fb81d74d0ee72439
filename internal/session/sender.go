package session

import (
	"net"
	"net/netip"
)

// Sender returns what rates count as one sender behind a remote address, which
// may carry a port: an IPv4 address, or the first 64 bits of an IPv6 one, which
// are what one subscriber is given. What is no address is returned as it is.
func Sender(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	const subscriberBits = 64
	prefix, err := ip.Prefix(subscriberBits)
	if err != nil {
		return ip.String()
	}
	return prefix.String()
}
