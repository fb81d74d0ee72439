package serverless

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/internal/dynamolocal"
)

// folder is the folder in which the functions' program is built.
var folder string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	var err error
	if folder, err = os.MkdirTemp("", "maru-serverless-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	return m.Run()
}

// TestHome is one test, because each start takes seconds: a home answers, can be
// emptied, leaves nothing when it is stopped, starts again on the same ports and
// the same table, and leaves nothing when it is killed.
func TestHome(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	database, err := dynamolocal.Open(ctx)
	if err != nil {
		dynamolocal.SkipOrFail(t, err)
	}
	t.Cleanup(database.Close)
	program, err := Build(folder)
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(ctx, Options{Program: program, DynamoDB: database.Endpoint()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Kill)

	page := get(ctx, t, h.PageURL()+"/")
	if policy := page.Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self' "+h.URL()+" "+h.ClassicSocket()+";") {
		t.Errorf("the page may not reach its API and its socket: %s", policy)
	}
	sameProtection(t, h, page)
	if h.Operator() == "" {
		t.Errorf("no operator's secret\n%s", h.Output())
	}
	figures, err := h.Functions(ctx)
	if err != nil || figures["operator"].Starts != 1 || figures["http"].Starts == 0 {
		t.Errorf("figures %+v, %v", figures, err)
	}
	if killed, err := h.KillBusy(ctx, "http"); err != nil || killed != 0 {
		t.Errorf("killed %d of no busy processes: %v", killed, err)
	}

	isEmptied(ctx, t, h)

	group := h.process
	if err := h.Stop(); err != nil {
		t.Fatal(err)
	}
	leavesNothing(ctx, t, h, group)
	if err := h.Start(ctx); err != nil {
		t.Fatal(err)
	}
	get(ctx, t, h.URL()+"/readyz")
	group = h.process
	h.Kill()
	leavesNothing(ctx, t, h, group)
}

// isEmptied checks that Empty deletes everything but the signing key, and that the
// home works afterwards.
func isEmptied(ctx context.Context, t *testing.T, h *Home) {
	t.Helper()
	if _, err := client.SignIn(ctx, h.URL(), "Ann"); err != nil {
		t.Fatal(err)
	}
	if before := items(ctx, t, h); before < 2 {
		t.Errorf("%d items before anything is forgotten", before)
	}
	if err := h.Empty(ctx); err != nil {
		t.Fatal(err)
	}
	if left := items(ctx, t, h); left != 1 {
		t.Errorf("%d items are left, want the signing key alone", left)
	}
	if _, err := client.SignIn(ctx, h.URL(), "Ann"); err != nil {
		t.Errorf("nobody signs in to an emptied home: %v\n%s", err, h.Output())
	}
}

func items(ctx context.Context, t *testing.T, h *Home) int {
	t.Helper()
	page, err := h.database().Scan(ctx, &dynamodb.ScanInput{TableName: aws.String(h.Table()), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items)
}

func get(ctx context.Context, t *testing.T, url string) http.Header {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("%s answers %d", url, res.StatusCode)
	}
	return res.Header
}

// leavesNothing checks that a home that has ended left no process and no port.
func leavesNothing(ctx context.Context, t *testing.T, h *Home, p *process) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	// A killed process remains until its parent waits for it. For grandchildren
	// that is init, which sends no event to wait for.
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for p.groupLives() {
		select {
		case <-ctx.Done():
			t.Fatal("processes are left")
		case <-look.C:
		}
	}
	for _, port := range h.options.Ports.all() {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(*port)))
		if err != nil {
			t.Errorf("port %d is not free: %v", *port, err)
			continue
		}
		_ = listener.Close()
	}
}
