package archtest

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func TestModule(t *testing.T) {
	t.Parallel()
	broken, files, err := check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Errorf("read %d files: that is not the whole module", files)
	}
	for _, line := range broken {
		t.Error(line)
	}
}

// importing returns a file of package p that imports the paths.
func importing(paths ...string) string {
	var text strings.Builder
	text.WriteString("package p\n")
	for _, p := range paths {
		text.WriteString("import _ \"" + p + "\"\n")
	}
	return text.String()
}

var tooLong = "package p\nfunc f() {\n" + strings.Repeat("\tprintln()\n", maxFunctionLines) + "}\n"

// breaches has at least one file for each rule, which breaks that rule and no other.
var breaches = map[string]struct{ path, text, want string }{
	"the domain importing a transport's package": {
		"internal/chat/a.go", importing("net/http"), "internal/chat may not import net/http",
	},
	"the domain importing a library": {
		"internal/chat/a.go", importing("github.com/google/uuid"), "may not import github.com/google/uuid",
	},
	"the domain importing an adapter": {
		"internal/chat/a.go", importing(module + "/internal/record"), "may not import",
	},
	"the domain importing test support outside a test": {
		"internal/chat/a.go", importing(module + "/internal/chat/chattest"), "may not import",
	},
	"a store importing the other store": {
		"internal/sqlitestore/a.go", importing(module + "/internal/dynamostore"), "may not import",
	},
	"a store's test importing the other store": {
		"internal/sqlitestore/a_test.go", importing(module + "/internal/dynamostore"), "may not import",
	},
	"a transport importing a store": {
		"internal/httpapi/a.go", importing(module + "/internal/sqlitestore"), "may not import",
	},
	"a transport importing another transport": {
		"internal/wsserver/a.go", importing(module + "/internal/httpapi"), "may not import",
	},
	"an adapter importing the session": {
		"internal/auth/a.go", importing(module + "/internal/session"), "may not import",
	},
	"the session importing a socket": {
		"internal/session/a.go", importing("net/http"), "may not import net/http",
	},
	"AWS outside its owners": {
		"internal/httpapi/a.go", importing("github.com/aws/aws-sdk-go-v2/aws"), "may not import github.com/aws",
	},
	"SQLite outside its store": {
		"cmd/lambda/a.go", importing("zombiezen.com/go/sqlite"), "may not import zombiezen.com/go/sqlite",
	},
	"a file hidden behind a build tag": {
		"internal/chat/a.go", "//go:build never\n\n" + importing("net/http"), "may not import net/http",
	},
	"an unknown package": {
		"internal/novelty/a.go", importing(), "internal/novelty: say in internal/archtest/rules_test.go which layer",
	},
	"a vague name": {
		"e2e/util/a.go", importing(), "name the package by what it is for",
	},
	"the environment read below config": {
		"internal/auth/a.go", "package p\nimport \"os\"\nvar v, _ = os.LookupEnv(\"X\")\n", "internal/auth/a.go:3: os.LookupEnv",
	},
	"a port of six methods": {
		"internal/chat/a.go", "package p\ntype P interface {\nA()\nB()\nC()\nD()\nE()\nF()\n}\n", "port P has 6 methods",
	},
	"a long function without a reason": {
		"internal/chat/a.go", tooLong, "f has 62 lines",
	},
	"the domain importing what lies below a transport's package": {
		"internal/chat/a.go", importing("net/http/httputil"), "may not import net/http/httputil",
	},
	"an encoding importing what carries it": {
		"internal/wire/a.go", importing("net/http"), "may not import net/http",
	},
	"an encoding importing the other encoding": {
		"internal/record/a.go", importing(module + "/internal/wire"), "may not import",
	},
	"the words importing a database": {
		"internal/words/a.go", importing("database/sql"), "may not import database/sql",
	},
	"a store importing a transport's package": {
		"internal/dynamostore/a.go", importing("net/http"), "may not import net/http",
	},
	"a transport importing a database": {
		"internal/apigw/a.go", importing("database/sql"), "may not import database/sql",
	},
	"the configuration importing what it configures": {
		"internal/config/a.go", importing(module + "/internal/sqlitestore"), "may not import",
	},
	"the generator importing how entries are stored": {
		"internal/apigen/a.go", importing(module + "/internal/record"), "may not import",
	},
	"a suite importing a store": {
		"internal/chat/storetest/a.go", importing(module + "/internal/sqlitestore"), "may not import",
	},
	"the live side's suite importing a store": {
		"internal/apigw/apigwtest/a.go", importing(module + "/internal/dynamostore"), "may not import",
	},
	"the page serving itself": {
		"web/a.go", importing("net/http"), "may not import net/http",
	},
	"the page importing a library": {
		"web/a.go", importing("github.com/google/uuid"), "may not import github.com/google/uuid",
	},
	"the architecture test importing what it reads": {
		"internal/archtest/a.go", importing(module + "/internal/chat"), "may not import",
	},
	"a program importing a tool": {
		"cmd/maru/a.go", importing(module + "/tools/a"), "may not import",
	},
	"SQLite's engine outside its store": {
		"cmd/lambda/a.go", importing("modernc.org/sqlite/lib"), "may not import modernc.org/sqlite/lib",
	},
	"Prometheus outside the resident program": {
		"cmd/lambda/a.go", importing("github.com/prometheus/client_golang/prometheus"), "may not import github.com/prometheus",
	},
}

func TestCheck_catches(t *testing.T) {
	t.Parallel()
	for name, c := range breaches {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken, _, err := check(fstest.MapFS{c.path: {Data: []byte(c.text)}})
			if err != nil {
				t.Fatal(err)
			}
			if len(broken) != 1 || !strings.Contains(broken[0], c.want) {
				t.Errorf("check(%s) = %q, want one line with %q", c.path, broken, c.want)
			}
		})
	}
}

// Every rule about imports is broken by one of the breaches.
func TestCheck_catches_everyImportRule(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for name, c := range breaches {
		broken, _, err := check(fstest.MapFS{c.path: {Data: []byte(c.text)}})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, line := range broken {
			all.WriteString(line + "\n")
		}
	}
	for _, l := range layers {
		if !strings.Contains(all.String(), l.because) {
			t.Errorf("no breach of the rule of %s", l.name)
		}
	}
	for _, tech := range technologies {
		if !strings.Contains(all.String(), "may not import "+strings.TrimSuffix(tech.path, "/...")) {
			t.Errorf("no breach of the rule of %s", tech.path)
		}
	}
}

func TestCheck_permits(t *testing.T) {
	t.Parallel()
	long := "package p\n// f is a table.\n//\n// Long because it is one.\nfunc f() {\n" +
		strings.Repeat("\tprintln()\n", maxFunctionLines) + "}\n"
	cases := map[string]struct{ path, text string }{
		"the domain importing the standard library": {"internal/chat/a.go", importing("context", "crypto/sha256")},
		"a store importing the domain and its technology": {
			"internal/sqlitestore/a.go", importing(module+"/internal/chat", module+"/internal/record", "modernc.org/sqlite"),
		},
		"a transport importing the session": {
			"internal/wsserver/a.go", importing(module+"/internal/session", module+"/internal/wire"),
		},
		"a test importing test support": {
			"internal/dynamostore/a_test.go", importing(module+"/internal/dynamolocal", module+"/internal/chat/storetest"),
		},
		"a test importing its own package from outside": {
			"internal/chat/a_test.go", importing(module + "/internal/chat"),
		},
		"a program joining two adapters": {
			"cmd/maru/a.go", importing(module+"/internal/sqlitestore", module+"/internal/wsserver"),
		},
		"the environment read by config": {
			"internal/config/a.go", "package p\nimport \"os\"\nvar v = os.Getenv(\"X\")\n",
		},
		"a long function that gives its reason": {"internal/chat/a.go", long},
		"npm packages with Go files":            {"web/node_modules/x/a.go", importing("net/http")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken, _, err := check(fstest.MapFS{c.path: {Data: []byte(c.text)}})
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range broken {
				t.Error(line)
			}
		})
	}
}

func TestCheck_leavesNestedModulesAlone(t *testing.T) {
	t.Parallel()
	broken, files, err := check(fstest.MapFS{
		"go.mod":                 {},
		"tools/go.mod":           {},
		"tools/anything/file.go": {Data: []byte(importing("net/http"))},
	})
	if err != nil {
		t.Fatal(err)
	}
	if files != 0 || len(broken) != 0 {
		t.Errorf("check of a nested module read %d files and found %q, want none", files, broken)
	}
}
