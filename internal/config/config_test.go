package config

import (
	"net"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

func goodServe() Serve {
	return Serve{Addr: "localhost:8080", Classic: true, SocketsPerUser: 20, SocketsPerAddress: 1000}
}

// parsed is what kong, as cmd/maru uses it, makes of the arguments.
func parsed(t *testing.T, args ...string) Config {
	t.Helper()
	var c Config
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConfig_defaults(t *testing.T) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "MARU_") {
			t.Setenv(name, "") // restores it at the end
			os.Unsetenv(name)
		}
	}
	got := parsed(t)
	want := Config{Data: "./data", Serve: goodServe()}
	want.Serve.Rates.Rates = chat.DefaultRates()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("without arguments (-want +got):\n%s", diff)
	}
}

func TestConfig_readsTheEnvironment(t *testing.T) {
	t.Setenv("MARU_DATA", "/srv/maru")
	t.Setenv("MARU_ADDR", "127.0.0.1:9000")
	t.Setenv("MARU_PUBLIC_URL", "https://chat.example.org")
	t.Setenv("MARU_CLASSIC", "false")
	type settings struct {
		Data, Addr, PublicURL string
		Classic               bool
	}
	of := func(c Config) settings { return settings{c.Data, c.Serve.Addr, c.Serve.PublicURL, c.Serve.Classic} }
	want := settings{"/srv/maru", "127.0.0.1:9000", "https://chat.example.org", false}
	if got := of(parsed(t)); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	want.Addr = "127.0.0.1:9001" // an argument comes first
	if got := of(parsed(t, "--addr", "127.0.0.1:9001")); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestServe_Validate_accepts(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Serve){
		"the defaults":                   func(*Serve) {},
		"all interfaces":                 func(s *Serve) { s.Addr = ":8080" },
		"any free port":                  func(s *Serve) { s.Addr = "127.0.0.1:0" },
		"a public URL":                   func(s *Serve) { s.PublicURL = "https://chat.example.org" },
		"rates off on localhost":         func(s *Serve) { s.Rates.IsOff = true },
		"rates off on IPv6's loopback":   func(s *Serve) { s.Addr, s.Rates.IsOff = "[::1]:8080", true },
		"metrics on a loopback address":  func(s *Serve) { s.MetricsAddr = "127.0.0.1:9090" },
		"rates off elsewhere in 127.0/8": func(s *Serve) { s.Addr, s.Rates.IsOff = "127.9.9.9:1", true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := goodServe()
			change(&s)
			if err := s.Validate(); err != nil {
				t.Errorf("Validate: %v", err)
			}
		})
	}
}

func TestServe_Validate_refuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*Serve)
		want   string
	}{
		"no sockets for a user":      {func(s *Serve) { s.SocketsPerUser = 0 }, "at least 1"},
		"no sockets for an address":  {func(s *Serve) { s.SocketsPerAddress = -1 }, "at least 1"},
		"an address without port":    {func(s *Serve) { s.Addr = "localhost" }, "addr must be"},
		"a port out of range":        {func(s *Serve) { s.Addr = "localhost:99999" }, "addr has no valid port"},
		"rates off for everybody":    {func(s *Serve) { s.Addr, s.Rates.IsOff = ":8080", true }, "loopback"},
		"rates off on the network":   {func(s *Serve) { s.Addr, s.Rates.IsOff = "192.0.2.1:8080", true }, "loopback"},
		"rates off on a name":        {func(s *Serve) { s.Addr, s.Rates.IsOff = "localhost.example.org:80", true }, "loopback"},
		"metrics for everybody":      {func(s *Serve) { s.MetricsAddr = ":9090" }, "loopback"},
		"metrics without port":       {func(s *Serve) { s.MetricsAddr = "9090" }, "metrics-addr must be"},
		"a public URL with a path":   {func(s *Serve) { s.PublicURL = "https://example.org/chat" }, "nothing behind"},
		"a public URL with a query":  {func(s *Serve) { s.PublicURL = "https://example.org?x" }, "nothing behind"},
		"a public URL with a login":  {func(s *Serve) { s.PublicURL = "https://u:p@example.org" }, "nothing behind"},
		"a public URL of no scheme":  {func(s *Serve) { s.PublicURL = "example.org" }, "public-url must begin"},
		"a public URL of a socket":   {func(s *Serve) { s.PublicURL = "wss://example.org" }, "public-url must begin"},
		"an origin that is no URL":   {func(s *Serve) { s.Origins = []string{"*"} }, "origins must begin"},
		"an origin without host":     {func(s *Serve) { s.Origins = []string{"https://"} }, "origins must begin"},
		"one wrong origin among two": {func(s *Serve) { s.Origins = []string{"https://a.example", "null"} }, "origins must begin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := goodServe()
			tc.change(&s)
			if err := s.Validate(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Validate: %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func TestServe_Public(t *testing.T) {
	t.Parallel()
	bound := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4321}
	for name, tc := range map[string]struct {
		serve   Serve
		origins []string // the first is the public URL
	}{
		"takes the real port and both names of loopback": {
			Serve{Addr: "localhost:0"},
			[]string{"http://localhost:4321", "http://127.0.0.1:4321"},
		},
		"takes IPv6's loopback as it is written": {
			Serve{Addr: "[::1]:0"},
			[]string{"http://[::1]:4321", "http://localhost:4321", "http://127.0.0.1:4321"},
		},
		"calls all interfaces localhost": {
			Serve{Addr: ":0"},
			[]string{"http://localhost:4321"},
		},
		"prefers the public URL, written as browsers do": {
			Serve{Addr: ":0", PublicURL: "HTTPS://Chat.Example.org:443/"},
			[]string{"https://chat.example.org"},
		},
		"adds the origins that were given": {
			Serve{Addr: ":0", PublicURL: "http://a.example:8080", Origins: []string{"https://b.example/", "http://c.example:80"}},
			[]string{"http://a.example:8080", "https://b.example", "http://c.example"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.serve.SocketsPerUser, tc.serve.SocketsPerAddress = 20, 1000
			if err := tc.serve.Validate(); err != nil {
				t.Fatal(err)
			}
			publicURL, origins := tc.serve.Public(bound)
			if diff := cmp.Diff(tc.origins, origins); diff != "" || publicURL != tc.origins[0] {
				t.Errorf("public URL %q, origins (-want +got):\n%s", publicURL, diff)
			}
		})
	}
}

// TestRates_default states the default rates in numbers, because authors of
// clients may rely on them.
func TestRates_default(t *testing.T) {
	t.Parallel()
	field, _ := reflect.TypeFor[Serve]().FieldByName("Rates")
	var rates Rates
	if err := rates.UnmarshalText([]byte(field.Tag.Get("default"))); err != nil || rates.IsOff {
		t.Fatalf("rates are off: %t, %v", rates.IsOff, err)
	}
	for what, tc := range map[string]struct {
		rate  chat.Rate
		burst int // at once
		then  int // in each span of per
		per   time.Duration
	}{
		"messages and other entries of a user": {rates.Writes, 10, 2, time.Second},
		"rooms that a user creates":            {rates.Rooms, 20, 20, time.Hour},
		"sign-ins from an address":             {rates.SignIns, 20, 2, time.Minute},
		"typing signs of a user":               {rates.Typing, 3, 1, 2 * time.Second},
		"pages, lists and searches of a user":  {rates.Reads, 300, 10, time.Second},
	} {
		if tc.rate.Burst != tc.burst || time.Duration(tc.then)*tc.rate.Every != tc.per {
			t.Errorf("%s: %d at once, then one every %v; want %d, then %d every %v",
				what, tc.rate.Burst, tc.rate.Every, tc.burst, tc.then, tc.per)
		}
	}
}

func TestRates_UnmarshalText(t *testing.T) {
	t.Parallel()
	changed := chat.DefaultRates()
	changed.Writes = chat.Rate{Burst: 1, Every: time.Second}
	changed.SignIns = chat.Rate{Burst: 5, Every: time.Minute}
	for text, want := range map[string]Rates{
		"default":                    {Rates: chat.DefaultRates()},
		"off":                        {IsOff: true},
		"writes=1/1s,sign-ins=5/60s": {Rates: changed},
	} {
		t.Run("reads "+text, func(t *testing.T) {
			t.Parallel()
			var got Rates
			if err := got.UnmarshalText([]byte(text)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for _, text := range []string{"", "on", "writes", "writes=", "writes=10", "writes=0/1s", "writes=-1/1s", "writes=1/0s", "writes=1/x", "other=1/1s", "writes=1/1s,"} {
		t.Run("refuses "+text, func(t *testing.T) {
			t.Parallel()
			var got Rates
			if err := got.UnmarshalText([]byte(text)); err == nil {
				t.Errorf("UnmarshalText accepted %q", text)
			}
		})
	}
}
