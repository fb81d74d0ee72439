package main

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestThroughProxies(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8")}
	for name, tc := range map[string]struct {
		peer   string
		passed []string
		want   string
	}{
		"takes the address that a trusted proxy forwards":      {"127.0.0.1:5", []string{"192.0.2.7"}, "192.0.2.7:0"},
		"goes through several trusted proxies":                 {"127.0.0.1:5", []string{"192.0.2.7, 10.1.1.1"}, "192.0.2.7:0"},
		"reads several headers as one":                         {"127.0.0.1:5", []string{"192.0.2.7", "10.1.1.1"}, "192.0.2.7:0"},
		"ignores addresses before the client's":                {"127.0.0.1:5", []string{"198.51.100.1, 192.0.2.7"}, "192.0.2.7:0"},
		"ignores the header of one that is not trusted":        {"192.0.2.9:5", []string{"192.0.2.7"}, "192.0.2.9:0"},
		"takes the proxy's address where there is no header":   {"127.0.0.1:5", nil, "127.0.0.1:0"},
		"takes the proxy's address where the header has none":  {"127.0.0.1:5", []string{"unknown"}, "127.0.0.1:0"},
		"recognizes an IPv4 proxy in IPv6 form":                {"[::ffff:127.0.0.1]:5", []string{"2001:db8::1"}, "[2001:db8::1]:0"},
		"leaves a peer without an address and a port as it is": {"pipe", []string{"192.0.2.7"}, "pipe"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
			r.RemoteAddr = tc.peer
			r.Header["X-Forwarded-For"] = tc.passed
			var got string
			throughProxies(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr })).
				ServeHTTP(httptest.NewRecorder(), r)
			if got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}
