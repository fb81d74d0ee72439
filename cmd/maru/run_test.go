package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/maru-chat/maru/internal/config"
)

func TestRun_says(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"the commands in --help":            {[]string{"--help"}, "backup <file>"},
		"what a command needs, with --help": {[]string{"backup", "--help"}, "it must not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if o := run(t, tc.args...); o.code != 0 || !strings.Contains(o.stdout, tc.want) || o.stderr != "" {
				t.Errorf("exit code %d, stdout %q, stderr %q; want 0 and %q", o.code, o.stdout, o.stderr, tc.want)
			}
		})
	}
}

func TestRun_version(t *testing.T) {
	t.Parallel()
	o := run(t, "version")
	if want := config.BuildVersion(); want == "" || o.code != 0 || o.stdout != want+"\n" || o.stderr != "" {
		t.Errorf("exit code %d, stdout %q, stderr %q; want 0 and the build's version, %q", o.code, o.stdout, o.stderr, want)
	}
}

// TestRun_help shows that the help of serve, with the word or without, lists
// every flag of a server and every variable.
func TestRun_help(t *testing.T) {
	t.Parallel()
	names := []string{"--help"}
	for _, settings := range []reflect.Type{reflect.TypeFor[config.Config](), reflect.TypeFor[config.Serve]()} {
		for field := range settings.Fields() {
			variable := field.Tag.Get("env")
			if variable == "" {
				continue
			}
			flag := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(variable, "MARU_")), "_", "-")
			if _, isNegatable := field.Tag.Lookup("negatable"); isNegatable {
				flag = "[no-]" + flag
			}
			names = append(names, "$"+variable, "--"+flag)
		}
	}
	if len(names) < 17 {
		t.Fatalf("found only %v", names)
	}
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}} {
		o := run(t, args...)
		for _, name := range names {
			if !strings.Contains(o.stdout, name) {
				t.Errorf("%v does not tell of %s:\n%s", args, name, o.stdout)
			}
		}
	}
}

// TestRun_usage shows that a wrong command line ends with exit code 2 and one
// line, and makes no file.
func TestRun_usage(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"an unknown flag":             {[]string{"--nope"}, "--nope"},
		"an unknown command":          {[]string{"fly"}, "fly"},
		"an address without a port":   {[]string{"--addr", "localhost"}, "HOST:PORT"},
		"a backup to nowhere":         {[]string{"backup"}, "<file>"},
		"rates off for everybody":     {[]string{"--addr", ":0", "--rates", "off"}, "loopback"},
		"rates that are none":         {[]string{"--rates", "fast"}, "rates"},
		"metrics for everybody":       {[]string{"--metrics-addr", ":0"}, "loopback"},
		"a public URL that is none":   {[]string{"--public-url", "chat.example.org"}, "public-url"},
		"a flag of another command":   {[]string{"check", "--addr", "localhost:0"}, "--addr"},
		"classic that is yes or no":   {[]string{"--classic=perhaps"}, "classic"},
		"a proxy that is a name":      {[]string{"--proxies", "localhost"}, "proxies"},
		"an origin that is a pattern": {[]string{"--origins", "*"}, "origins"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := filepath.Join(t.TempDir(), "data")
			run(t, append([]string{"--data", data}, tc.args...)...).expectLine(t, exitUsage, tc.want)
			if exists(data) {
				t.Error("the data folder was made")
			}
		})
	}
}

func TestRun_environment(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for variable, tc := range map[string]struct{ value, want string }{
		"MARU_ADDR":         {"nowhere", "addr"},
		"MARU_RATES":        {"fast", "rates"},
		"MARU_PUBLIC_URL":   {"x", "public-url"},
		"MARU_ORIGINS":      {"x", "origins"},
		"MARU_METRICS_ADDR": {"x", "metrics-addr"},
		"MARU_PROXIES":      {"x", "proxies"},
		"MARU_CLASSIC":      {"perhaps", "classic"},

		"MARU_SOCKETS_PER_USER":    {"many", "sockets-per-user"},
		"MARU_SOCKETS_PER_ADDRESS": {"0", "at least 1"},
	} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv("MARU_DATA", data)
			t.Setenv(variable, tc.value)
			run(t).expectLine(t, exitUsage, tc.want)
		})
	}
}

// TestRun_interrupted shows that a command that a signal ends says so.
func TestRun_interrupted(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if o := start(t, "--data", data).stop(); o.code != exitDone {
		t.Fatalf("the first start: %+v", o)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, command := range [][]string{{"check"}, {"backup", filepath.Join(t.TempDir(), "maru.db")}} {
		var stdout, stderr bytes.Buffer
		m := &Main{Stdout: &stdout, Stderr: &stderr}
		code := m.Run(ctx, append(command, "--data", data))
		outcome{code, stdout.String(), stderr.String()}.expectLine(t, exitFault, "interrupted")
	}
}

func TestRun_taken(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() }) // after the subtests, which run later
	taken := listener.Addr().String()
	for name, args := range map[string][]string{
		"a taken port":         {"--addr", taken},
		"a taken metrics port": {"--addr", "127.0.0.1:0", "--metrics-addr", taken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := filepath.Join(t.TempDir(), "data")
			run(t, append(args, "--data", data)...).expectLine(t, exitFault, "another program listens on "+taken)
			if exists(data) {
				t.Error("the data folder was made")
			}
		})
	}
	t.Run("a folder that is served", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		first := start(t, "--data", data)
		run(t, "--addr", "127.0.0.1:0", "--data", data).expectLine(t, exitFault, "another maru")
		if status, _ := do(t, "GET", first.url+"/readyz", "", ""); status != 200 {
			t.Errorf("the first server: %d, want 200", status)
		}
	})
}

// TestRun_damaged shows that every command refuses a file that it cannot use in
// one line, and leaves it as it is.
func TestRun_damaged(t *testing.T) {
	t.Parallel()
	const userVersion = 60 // where the SQLite header keeps it (file format, 1.3)
	overwritePage := func(text []byte) []byte {
		const size = 4096
		copy(text[size:], bytes.Repeat([]byte("x"), size))
		return text
	}
	for name, tc := range map[string]struct {
		file     string
		change   func([]byte) []byte
		commands []string
		want     string
	}{
		"a database that is none": {
			"maru.db", func([]byte) []byte { return bytes.Repeat([]byte("not a database. "), 1000) },
			[]string{"serve", "check", "backup"},
			"damaged",
		},
		"a database cut short": {
			"maru.db", func(text []byte) []byte { return text[:len(text)/2] },
			[]string{"serve", "check", "backup"},
			"damaged",
		},
		"a database whose page is overwritten": {
			"maru.db", overwritePage, []string{"check"}, "the file is damaged",
		},
		"a database whose page cannot be read": {
			"maru.db", overwritePage, []string{"backup"}, "cannot write the backup",
		},
		"a database of a newer Maru": {
			"maru.db", func(text []byte) []byte { copy(text[userVersion:], "\x00\x0f\x42\x40"); return text },
			[]string{"serve", "check", "backup"},
			"newer",
		},
		"a signing key that is none": {
			keyFile, func([]byte) []byte { return []byte("secret\n") },
			[]string{"serve"},
			"not a signing key",
		},
	} {
		for _, command := range tc.commands {
			t.Run(command+" of "+name, func(t *testing.T) {
				t.Parallel()
				data, copied := t.TempDir(), t.TempDir()
				if o := start(t, "--data", data).stop(); o.code != 0 {
					t.Fatalf("the first start: %+v", o)
				}
				path := filepath.Join(data, tc.file)
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				text = tc.change(text)
				if err := os.WriteFile(path, text, 0o600); err != nil {
					t.Fatal(err)
				}
				args := map[string][]string{
					"serve": {"--addr", "127.0.0.1:0"}, "check": {"check"}, "backup": {"backup", filepath.Join(copied, "maru.db")},
				}[command]
				run(t, append(args, "--data", data)...).expectLine(t, exitFault, tc.want)
				if after, _ := os.ReadFile(path); !bytes.Equal(after, text) {
					t.Error("the file was changed")
				}
				if left, err := os.ReadDir(copied); err != nil || len(left) > 0 {
					t.Errorf("the folder of the backup holds %v, %v; want nothing", left, err)
				}
			})
		}
	}

	t.Run("a folder that is a file", func(t *testing.T) {
		t.Parallel()
		data := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(data, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, "--addr", "127.0.0.1:0", "--data", data).expectLine(t, exitFault, "cannot open the data folder "+data+": it is a file")
		if text, _ := os.ReadFile(data); string(text) != "mine" {
			t.Errorf("the file now holds %q", text)
		}
	})

	for _, command := range [][]string{{"check"}, {"backup", "copy.db"}} {
		t.Run("nothing to "+command[0], func(t *testing.T) {
			t.Parallel()
			data := filepath.Join(t.TempDir(), "absent")
			run(t, append(command, "--data", data)...).expectLine(t, exitFault, "there is no maru.db")
			if exists(data) || exists("copy.db") {
				t.Error("something was made")
			}
		})
	}
}
