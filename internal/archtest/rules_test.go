package archtest

// layer is a group of packages that obey the same rule. Packages are named by
// their folder in the module; a name that ends in "/..." stands for everything
// below that folder.
type layer struct {
	name     string
	packages []string
	// sees lists the packages of this module that the layer's own code may import.
	// Packages of one layer do not see each other unless they are listed.
	sees []string
	// forbids lists import paths from outside this module that the layer must do
	// without.
	forbids []string
	// standardOnly refuses every import from outside the standard library and
	// the module.
	standardOnly bool
	// readsEnvironment permits os.Getenv and its kind.
	readsEnvironment bool
	because          string
}

var layers = []layer{
	{
		name:         "the domain",
		packages:     []string{"internal/chat"},
		forbids:      []string{"net/http/...", "database/sql/...", "encoding/json/..."},
		standardOnly: true,
		because: "the rules of chat must run unchanged in both homes, " +
			"so they know no transport, no store, no encoding and no vendor",
	},
	{
		name:     "the encodings",
		packages: []string{"internal/record", "internal/wire"},
		sees:     []string{"internal/chat"},
		forbids:  []string{"net/http/...", "database/sql/..."},
		because: "what is stored and what travels change for different reasons, " +
			"and neither may depend on what carries it",
	},
	{
		name:     "the words",
		packages: []string{"internal/words"},
		forbids:  []string{"net/http/...", "database/sql/..."},
		because:  "what a search means is the same in every store, and none of its business where texts are kept",
	},
	{
		name:     "the session",
		packages: []string{"internal/session"},
		sees:     []string{"internal/chat", "internal/wire"},
		forbids:  []string{"net/http/...", "database/sql/..."},
		because: "both homes share it: one frame in, a service call, frames out, " +
			"over a socket or a Lambda that it does not know",
	},
	{
		name:     "the stores",
		packages: []string{"internal/sqlitestore", "internal/dynamostore"},
		sees:     []string{"internal/chat", "internal/record", "internal/words"},
		forbids:  []string{"net/http/..."},
		because:  "a store satisfies the domain's ports; one that knew its neighbour could not be replaced alone",
	},
	{
		name:     "the other adapters",
		packages: []string{"internal/auth", "internal/limiter", "internal/assistant", "internal/telemetry"},
		sees:     []string{"internal/chat"},
		because:  "an adapter satisfies one port; what joins two of them is wiring and belongs to cmd",
	},
	{
		name:     "the transports",
		packages: []string{"internal/wsserver", "internal/httpapi", "internal/apigw"},
		sees:     []string{"internal/chat", "internal/session", "internal/wire"},
		forbids:  []string{"database/sql/..."},
		because:  "a transport decodes, calls the service and encodes; it never decides and never sees a store",
	},
	{
		name:             "the configuration",
		packages:         []string{"internal/config"},
		sees:             []string{"internal/chat"},
		readsEnvironment: true,
		because:          "one validated struct is the only place where the environment is read",
	},
	{
		name:     "the generator",
		packages: []string{"internal/apigen", "api/..."},
		sees:     []string{"internal/chat", "internal/wire", "internal/session", "internal/httpapi"},
		because:  "schemas and types come from the Go types of the protocol, never from how it is stored",
	},
	{
		name:             "the test support",
		packages:         []string{"internal/chat/storetest", "internal/chat/chattest", "internal/dynamolocal", "internal/faultproxy"},
		sees:             []string{"internal/chat", "internal/record"},
		readsEnvironment: true,
		because:          "a suite that every store passes may not know any of them",
	},
	{
		name:     "the test support of the serverless home's live side",
		packages: []string{"internal/apigw/apigwtest"},
		sees:     []string{"internal/chat", "internal/apigw", "internal/wire"},
		because:  "a store's rows are held to what the transport says of them, and neither sees the other",
	},
	{
		name:         "the page",
		packages:     []string{"web"},
		standardOnly: true,
		forbids:      []string{"net/http/..."},
		because:      "it only carries the built files; who serves them, and under which headers, is a program's choice",
	},
	{
		name:     "the architecture test",
		packages: []string{"internal/archtest"},
		because:  "it reads the module as text",
	},
	{
		name:             "the programs",
		packages:         []string{"cmd/...", "e2e/..."},
		sees:             []string{"internal/...", "cmd/...", "e2e/...", "api/...", "web"},
		readsEnvironment: true,
		because:          "wiring is the one place where adapters meet, and end-to-end tests start the wired program",
	},
}

// testSupport lists what test files of every layer may import besides what their
// layer sees.
var testSupport = []string{
	"internal/chat/storetest",
	"internal/chat/chattest",
	"internal/dynamolocal",
	"internal/faultproxy",
	"internal/apigw/apigwtest",
}

// technology is a dependency that only its owners may import.
type technology struct {
	path    string // an import path or, with "/...", everything below it
	owners  []string
	because string
}

var technologies = []technology{
	{
		path:    "github.com/aws/...",
		owners:  []string{"internal/dynamostore", "internal/apigw", "internal/faultproxy", "cmd/...", "e2e/..."},
		because: "a resident Maru runs without AWS, and nobody else may come to need it",
	},
	{
		path:    "modernc.org/sqlite/...",
		owners:  []string{"internal/sqlitestore", "e2e/..."},
		because: "the Lambdas must not carry a database that they never open",
	},
	{
		path:    "zombiezen.com/go/sqlite/...",
		owners:  []string{"internal/sqlitestore", "e2e/..."},
		because: "the Lambdas must not carry a database that they never open",
	},
	{
		path:    "github.com/prometheus/...",
		owners:  []string{"internal/telemetry", "cmd/maru/...", "e2e/..."},
		because: "it costs 3 MB and belongs to the resident binary only",
	},
}

// vagueNames are package names that say nothing and attract everything.
var vagueNames = []string{"util", "utils", "common", "helper", "helpers", "types", "models", "misc", "shared"}

// maxPortMethods bounds an exported interface of the domain: a port that grows
// past it holds two ideas.
const maxPortMethods = 5

// maxFunctionLines is the length past which a function outside the tests must
// give its reason: a line of its comment that begins with longReason.
const (
	maxFunctionLines = 60
	longReason       = "Long because"
)
