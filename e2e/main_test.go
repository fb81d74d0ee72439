package e2e

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/maru-chat/maru/e2e/resident"
	"github.com/maru-chat/maru/e2e/serverless"
	"github.com/maru-chat/maru/internal/dynamolocal"
)

// folder is where the program is built; it is gone after the tests.
var folder string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	var err error
	if folder, err = os.MkdirTemp("", "maru-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	code := m.Run()
	if database.server != nil {
		database.server.Close()
	}
	return code
}

var build = sync.OnceValues(func() (string, error) { return resident.Build(folder) })

// program returns the binary that this run has built. The first test that asks
// builds it: go test notes what tests look at, and nothing before them, to know
// when its cached result no longer holds.
func program(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// start runs Maru on an empty folder until the test ends.
func start(t *testing.T) *resident.Server {
	t.Helper()
	return startOn(t, t.TempDir())
}

func startOn(t *testing.T, data string) *resident.Server {
	t.Helper()
	server, err := resident.New(t.Context(), resident.Options{
		Program: program(t), Data: data, Env: []string{"MARU_RATES=off"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	return server
}

// database is the DynamoDB Local of all serverless homes of this run, each with
// a table of its own, started when the first of them is.
var database struct {
	once   sync.Once
	server *dynamolocal.Server
	err    error
}

// dynamoDB returns the URL of that DynamoDB Local.
func dynamoDB(t *testing.T) string {
	t.Helper()
	database.once.Do(func() { database.server, database.err = dynamolocal.Open(context.Background()) })
	if database.err != nil {
		dynamolocal.SkipOrFail(t, database.err)
	}
	return database.server.Endpoint()
}

var buildFunctions = sync.OnceValues(func() (string, error) { return serverless.Build(folder) })

// startServerless runs a serverless Maru on an empty table until the test ends.
// Its page, and whoever says so as its API does, may open sockets.
func startServerless(t *testing.T, options serverless.Options) *serverless.Home {
	t.Helper()
	functions, err := buildFunctions()
	if err != nil {
		t.Fatal(err)
	}
	options.Program, options.DynamoDB = functions, dynamoDB(t)
	home, err := serverless.New(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := home.Stop(); err != nil {
			t.Error(err)
		}
	})
	return home
}
