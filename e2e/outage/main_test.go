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
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/e2e/serverless"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/dynamolocal"
	"github.com/maru-chat/maru/internal/dynamostore"
	"github.com/maru-chat/maru/internal/faultproxy"
)

// folder is the folder in which the functions' program is built. It is removed
// after the tests.
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

// seed decides what people do and which faults they meet. It is the same for all
// tests of a run; MARU_SEED sets it.
func seed(t *testing.T) uint64 {
	t.Helper()
	if os.Getenv("MARU_SEED") != "" {
		return chattest.Seed(t)
	}
	t.Logf("MARU_SEED=%d", drawSeed())
	return drawSeed()
}

// outagesVariable chooses the tests of this run: "all", the default, or "some",
// which skips those that take long. `make check` runs all.
const outagesVariable = "MARU_OUTAGES"

func isLong() bool { return os.Getenv(outagesVariable) != "some" }

// needsLong skips a test that takes long, unless all tests are to run.
func needsLong(t *testing.T, takes string) {
	t.Helper()
	if !isLong() {
		t.Skipf("it takes %s: %s=some leaves it to make check", takes, outagesVariable)
	}
}

// place is a home together with its proxy and its table.
type place struct {
	*serverless.Home
	// proxy is between the functions and their table.
	proxy *faultproxy.Proxy
	// direct and store reach the table without the proxy.
	direct *dynamodb.Client
	store  *dynamostore.Store
	rooms  int
}

// room returns a new id for a room, unique also when a test is repeated.
func (p *place) room(name string) chat.RoomID {
	p.rooms++
	return chat.RoomID(fmt.Sprintf("%s-%d", name, p.rooms))
}

// heldBack is the delay of a slow answer of the table.
const heldBack = time.Second

// database is the DynamoDB Local of all homes of this run. It is started together
// with the first home.
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
	p.direct = dynamostore.Connect(dynamostore.Endpoint{
		Region: "us-east-1", URL: server.Endpoint(),
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	p.store = dynamostore.New(dynamostore.Config{Table: p.Table(), Client: p.direct})
	return p
}

// close stops the home, and fails if the home leaves a process behind.
func (p *place) close() error {
	defer p.proxy.Close()
	return p.Stop()
}

// common is the home of all tests that need no options of their own.
var common *place

// shared returns the common home.
func shared(t *testing.T) *place {
	t.Helper()
	if common == nil {
		common = open(t, serverless.Options{})
	}
	return common
}

// visitor signs in a new user, who joins the room, connects and reads it. leave
// drops the connection.
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

// await polls until the condition holds.
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
