package main

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// throughProxies sets the RemoteAddr of a request that a trusted proxy forwarded
// to the address of its client: the last one in X-Forwarded-For that is not
// itself a trusted proxy. The client may have written those before it, so they
// are ignored. Otherwise rates by address would count all clients of a proxy as
// one.
func throughProxies(trusted []netip.Prefix, next http.Handler) http.Handler {
	if len(trusted) == 0 {
		return next
	}
	isTrusted := func(ip netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(ip) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			next.ServeHTTP(w, r)
			return
		}
		sender := peer.Addr().Unmap()
		passed := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
		for _, text := range slices.Backward(passed) {
			ip, err := netip.ParseAddr(strings.TrimSpace(text))
			if err != nil || !isTrusted(sender) {
				break
			}
			sender = ip.Unmap()
		}
		r.RemoteAddr = net.JoinHostPort(sender.String(), "0")
		next.ServeHTTP(w, r)
	})
}
