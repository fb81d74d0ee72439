package session

import (
	"net"
	"net/netip"
)

// Sender returns what rates count as one sender: of a remote address, with or
// without a port, the IPv4 address or the first 64 bits of the IPv6 address, which
// is what one subscriber is given. Anything else is returned as it is.
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
