// Package config is the one place where Maru's settings are declared and
// checked. It parses nothing itself: the tags say how a command line, the
// environment and --help name each field, and cmd/maru fills the struct in with
// kong. Nothing below it reads the environment.
//
// A [Serve] that Validate accepted can be used as it is: no other package checks
// a setting again.
package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// Config is all settings of the resident program.
type Config struct {
	Data string `default:"./data" env:"MARU_DATA" placeholder:"DIR" help:"Folder that holds all data (${default})."`

	Serve   Serve   `cmd:"" default:"withargs" help:"Run Maru; what happens without a command."`
	Backup  Backup  `cmd:"" help:"Write a consistent copy of the database, also while Maru runs."`
	Check   Check   `cmd:"" help:"Check the database against its own log, also while Maru runs."`
	Version Version `cmd:"" help:"Print the version."`
}

// Serve are the settings of a running Maru.
type Serve struct {
	Addr        string         `default:"localhost:8080" env:"MARU_ADDR" placeholder:"HOST:PORT" help:"Address to listen on (${default})."`
	PublicURL   string         `name:"public-url" env:"MARU_PUBLIC_URL" placeholder:"URL" help:"Where browsers find Maru, such as https://chat.example.org (http:// and the address)."`
	Origins     []string       `env:"MARU_ORIGINS" placeholder:"URL,…" help:"Further pages that may use this Maru, such as https://intranet.example.org."`
	Proxies     []netip.Prefix `env:"MARU_PROXIES" placeholder:"CIDR,…" help:"Reverse proxies whose X-Forwarded-For is believed, such as 127.0.0.1/32 (none)."`
	Classic     bool           `default:"true" negatable:"" env:"MARU_CLASSIC" help:"Answer the classic API, which knows no sign-in (on)."`
	MetricsAddr string         `env:"MARU_METRICS_ADDR" placeholder:"HOST:PORT" help:"Loopback address for Prometheus metrics (off)."`
	Rates       Rates          `default:"default" env:"MARU_RATES" placeholder:"RATES" help:"What one user or address may do, as burst/interval, such as writes=10/500ms,rooms=20/3m,sign-ins=20/30s,typing=3/2s,reads=300/100ms; off on a loopback address only (${default})."`

	SocketsPerUser    int `default:"20" env:"MARU_SOCKETS_PER_USER" placeholder:"N" help:"How many sockets one user may have open; one more takes the place of the quietest (${default})."`
	SocketsPerAddress int `default:"1000" env:"MARU_SOCKETS_PER_ADDRESS" placeholder:"N" help:"How many sockets one address may have open; more are refused (${default})."`
}

// Backup are the settings of maru backup.
type Backup struct {
	File string `arg:"" help:"File to write; it must not exist."`
}

// Check is maru check, which has no settings of its own.
type Check struct{}

// Version is maru version, which has no settings.
type Version struct{}

// Validate refuses settings that cannot work, and rewrites URLs to the form in
// which browsers send an Origin.
func (s *Serve) Validate() error {
	if err := checkAddr("addr", s.Addr); err != nil {
		return err
	}
	if s.Rates.IsOff && !isLoopback(s.Addr) {
		return fmt.Errorf("rates can be off on a loopback address only, not on %q", s.Addr)
	}
	if s.SocketsPerUser < 1 || s.SocketsPerAddress < 1 {
		return fmt.Errorf("sockets-per-user and sockets-per-address must be at least 1")
	}
	if s.MetricsAddr != "" {
		if err := checkAddr("metrics-addr", s.MetricsAddr); err != nil {
			return err
		}
		if !isLoopback(s.MetricsAddr) {
			return fmt.Errorf("metrics-addr must be a loopback address, not %q", s.MetricsAddr)
		}
	}
	if s.PublicURL != "" {
		origin, err := parseOrigin("public-url", s.PublicURL)
		if err != nil {
			return err
		}
		s.PublicURL = origin
	}
	for i, text := range s.Origins {
		origin, err := parseOrigin("origins", text)
		if err != nil {
			return err
		}
		s.Origins[i] = origin
	}
	return nil
}

// Public returns the URL at which browsers find a Maru that listens on bound, and
// every origin whose pages may use it: that URL first, then Origins. Without a
// PublicURL, a loopback address is allowed by both of its names, localhost and
// 127.0.0.1.
func (s *Serve) Public(bound net.Addr) (publicURL string, origins []string) {
	if s.PublicURL != "" {
		return s.PublicURL, append([]string{s.PublicURL}, s.Origins...)
	}
	host, _, _ := net.SplitHostPort(s.Addr)
	_, port, _ := net.SplitHostPort(bound.String())
	if !isLoopback(s.Addr) {
		if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
			host = "localhost"
		}
		publicURL = "http://" + net.JoinHostPort(host, port)
		return publicURL, append([]string{publicURL}, s.Origins...)
	}
	publicURL = "http://" + net.JoinHostPort(host, port)
	origins = []string{publicURL}
	for _, name := range []string{"localhost", "127.0.0.1"} {
		if name != host {
			origins = append(origins, "http://"+net.JoinHostPort(name, port))
		}
	}
	return publicURL, append(origins, s.Origins...)
}

func checkAddr(name, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%s must be HOST:PORT, not %q", name, addr)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return fmt.Errorf("%s has no valid port: %q", name, addr)
	}
	return nil
}

// isLoopback reports whether only this machine can reach addr.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// parseOrigin rewrites a URL to an origin (RFC 6454): scheme, host, and the port
// unless it is the scheme's default.
func parseOrigin(name, text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("%s must begin with http:// or https:// and a host: %q", name, text)
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", fmt.Errorf("%s is a scheme and a host, with nothing behind: %q", name, text)
	}
	host := strings.ToLower(u.Host)
	if u.Port() == map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		host = strings.TrimSuffix(host, ":"+u.Port())
	}
	return u.Scheme + "://" + host, nil
}
