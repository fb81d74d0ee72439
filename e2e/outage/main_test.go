package outage

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/e2e/serverless"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/dynamolocal"
	"github.com/maru-chat/maru/internal/dynamostore"
	"github.com/maru-chat/maru/internal/faultproxy"
)

// folder is where the functions' program is built; it is gone after the tests.
var folder string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	var err error
	if folder, err = os.MkdirTemp("", "maru-outage-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	code := m.Run()
	if common != nil {
		if err := common.close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if database.server != nil {
		database.server.Close()
	}
	return code
}

var drawSeed = sync.OnceValue(rand.Uint64)

// seed decides what everybody does and what they meet. All tests of a run have
// the same: MARU_SEED sets it.
func seed(t *testing.T) uint64 {
	t.Helper()
	if os.Getenv("MARU_SEED") != "" {
		return chattest.Seed(t)
	}
	t.Logf("MARU_SEED=%d", drawSeed())
	return drawSeed()
}

// outagesVariable says how many outages this run goes through: "all", the
// default, or "some", which leaves out what takes long. `make check` runs all.
const outagesVariable = "MARU_OUTAGES"

func isLong() bool { return os.Getenv(outagesVariable) != "some" }

// needsLong leaves a test that takes long to runs that may.
func needsLong(t *testing.T, takes string) {
	t.Helper()
	if !isLong() {
		t.Skipf("it takes %s: %s=some leaves it to make check", takes, outagesVariable)
	}
}

// place is a home with what it stands on.
type place struct {
	*serverless.Home
	// proxy is between the functions and their table.
	proxy *faultproxy.Proxy
	// store is beside the proxy, for a look at the table.
	store *dynamostore.Store
	rooms int
}

// room names a room that no other test has, nor the same test run again.
func (p *place) room(name string) chat.RoomID {
	p.rooms++
	return chat.RoomID(fmt.Sprintf("%s-%d", name, p.rooms))
}

// heldBack is how long a slow answer of the table takes.
const heldBack = time.Second

// database is the DynamoDB Local of all homes of this run, started when the
// first of them is.
var database struct {
	once   sync.Once
	server *dynamolocal.Server
	err    error
}

var buildFunctions = sync.OnceValues(func() (string, error) { return serverless.Build(folder) })

// open starts a home on an empty table.
func open(t *testing.T, options serverless.Options) *place {
	t.Helper()
	database.once.Do(func() { database.server, database.err = dynamolocal.Open(context.Background()) })
	if database.err != nil {
		dynamolocal.SkipOrFail(t, database.err)
	}
	server := database.server
	functions, err := buildFunctions()
	if err != nil {
		t.Fatal(err)
	}
	p := &place{proxy: faultproxy.Start(faultproxy.Config{
		Target: server.Endpoint(), Seed: seed(t), Delay: heldBack,
	})}
	options.Program, options.DynamoDB, options.FunctionsDynamoDB = functions, server.Endpoint(), p.proxy.Endpoint()
	if p.Home, err = serverless.New(t.Context(), options); err != nil {
		p.proxy.Close()
		t.Fatal(err)
	}
	p.store = dynamostore.New(dynamostore.Config{
		Table: p.Table(),
		Client: dynamostore.Connect(dynamostore.Endpoint{
			Region: "us-east-1", URL: server.Endpoint(),
			Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		}),
	})
	return p
}

// close stops the home in order: it leaves nothing behind.
func (p *place) close() error {
	defer p.proxy.Close()
	return p.Stop()
}

// common is the home of all tests that change nothing of how a home is run.
var common *place

// shared returns that home, without faults.
func shared(t *testing.T) *place {
	t.Helper()
	if common == nil {
		common = open(t, serverless.Options{})
	}
	return common
}

// visitor has somebody new join the room, connect and read it. Their connection
// is dropped by leave.
func visitor(ctx context.Context, t *testing.T, home *place, room chat.RoomID, name string) (v *client.Client, leave context.CancelFunc) {
	t.Helper()
	account, err := client.SignIn(ctx, home.URL(), name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := account.JoinRoom(ctx, room); err != nil {
		t.Fatal(err)
	}
	life, leave := context.WithCancel(ctx)
	v = client.Start(life, account)
	v.Follow(room)
	if err := v.Current(ctx); err != nil {
		leave()
		t.Fatal(err)
	}
	return v, leave
}

// await asks until the condition holds.
func await(ctx context.Context, t *testing.T, what string, holds func() bool) {
	t.Helper()
	const pause = 2 * time.Millisecond
	for !holds() {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			t.Fatalf("%s: it never came to that", what)
		}
	}
}
