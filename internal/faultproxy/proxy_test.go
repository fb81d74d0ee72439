package faultproxy

import (
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// backend stands for DynamoDB: it keeps the bodies that reached it.
type backend struct {
	mu      sync.Mutex
	applied []string
}

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	b.applied = append(b.applied, string(body))
	b.mu.Unlock()
	fmt.Fprint(w, `{"done":true}`)
}

func (b *backend) seen() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.applied...)
}

func start(t *testing.T, c Config) (*Proxy, *backend) {
	t.Helper()
	b := &backend{}
	target := httptest.NewServer(b)
	t.Cleanup(target.Close)
	c.Target = target.URL
	p := Start(c)
	t.Cleanup(p.Close)
	return p, b
}

// call sends one request and returns its status and body; status 0 for a
// connection that was cut.
func call(t *testing.T, p *Proxy, operation, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.Endpoint(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if sum := resp.Header.Get("X-Amz-Crc32"); resp.StatusCode != http.StatusOK && sum != strconv.FormatUint(uint64(crc32.ChecksumIEEE(got)), 10) {
		t.Errorf("%s: checksum %q is not that of the body", operation, sum)
	}
	return resp.StatusCode, string(got)
}

func TestProxy_Script(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault     Fault
		operation string
		status    int
		says      string
		isApplied bool
	}{
		{None, "PutItem", 200, "done", true},
		{Slow, "PutItem", 200, "done", true},
		{Held, "PutItem", 200, "done", true},
		{AnswerLost, "PutItem", 0, "", true},
		{AnswerBroken, "PutItem", 500, "#InternalServerError", true},
		{Cut, "PutItem", 0, "", false},
		{Refused, "PutItem", 500, "#InternalServerError", false},
		{Throttled, "PutItem", 400, "#ProvisionedThroughputExceededException", false},
		{Conflict, "PutItem", 400, "#TransactionConflictException", false},
		{Conflict, "TransactWriteItems", 400, "#TransactionCanceledException", false},
		{Late, "PutItem", 0, "", false},
		{Overtaken, "PutItem", 200, "done", true},
		{DieBefore, "PutItem", 0, "", false},
		{DieAfter, "PutItem", 0, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.fault.String()+" on "+tt.operation, func(t *testing.T) {
			t.Parallel()
			p, b := start(t, Config{Overtake: func() {}})
			p.Script(tt.operation, tt.fault)
			status, answer := call(t, p, tt.operation, `{"TransactItems":[{},{},{}]}`)
			if status != tt.status || !strings.Contains(answer, tt.says) {
				t.Errorf("answered %d %q, want %d and %q", status, answer, tt.status, tt.says)
			}
			if isApplied := len(b.seen()) == 1; isApplied != tt.isApplied {
				t.Errorf("applied: %v, want %t", b.seen(), tt.isApplied)
			}
			if n := p.Counts()[tt.operation]; n != 1 {
				t.Errorf("counted %d requests, want 1", n)
			}
		})
	}
}

func TestProxy_cancelsWithOneReasonPerAction(t *testing.T) {
	t.Parallel()
	p, _ := start(t, Config{})
	p.Script("TransactWriteItems", Conflict)
	_, answer := call(t, p, "TransactWriteItems", `{"TransactItems":[{},{},{}]}`)
	if n := strings.Count(answer, `"Code"`); n != 3 || strings.Count(answer, `"TransactionConflict"`) != 1 {
		t.Errorf("answered %s, want three reasons, one of them TransactionConflict", answer)
	}
}

func TestProxy_appliesLateRequestsOnce(t *testing.T) {
	t.Parallel()
	p, b := start(t, Config{Seed: 1})
	p.Script("PutItem", Late, Late)
	call(t, p, "PutItem", "first")
	call(t, p, "PutItem", "second")
	for i := range maxLateness {
		call(t, p, "Query", strconv.Itoa(i))
	}
	got := strings.Join(b.seen(), " ")
	if strings.Count(got, "first") != 1 || strings.Count(got, "second") != 1 {
		t.Errorf("applied %q, want each late request once", got)
	}
	p.Script("PutItem", Late)
	call(t, p, "PutItem", "third")
	if err := p.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if seen := b.seen(); seen[len(seen)-1] != "third" {
		t.Errorf("applied %v, want third last", seen)
	}
}

func TestProxy_staysDead(t *testing.T) {
	t.Parallel()
	p, b := start(t, Config{})
	p.Script("PutItem", None, DieBefore)
	for range 3 {
		call(t, p, "PutItem", "put")
		call(t, p, "Query", "query")
	}
	if diff := cmp.Diff([]string{"put", "query"}, b.seen()); diff != "" {
		t.Errorf("applied (-want +got):\n%s", diff)
	}
}

func TestProxy_drawsFaultsBySeed(t *testing.T) {
	t.Parallel()
	rates := Rates{Refused: 0.2, Throttled: 0.2}
	run := func(seed uint64) (statuses []int) {
		p, _ := start(t, Config{Seed: seed, Rates: rates})
		for range 100 {
			status, _ := call(t, p, "PutItem", "")
			statuses = append(statuses, status)
			if status, _ := call(t, p, "Query", ""); status != http.StatusOK {
				t.Errorf("a read met a fault: status %d", status)
			}
		}
		if met := p.Met(); met[Refused] == 0 || met[Throttled] == 0 {
			t.Errorf("met %v, want some of each fault", met)
		}
		return statuses
	}
	if diff := cmp.Diff(run(7), run(7)); diff != "" {
		t.Errorf("the same seed drew other faults:\n%s", diff)
	}
}

func TestProxy_overtakesBeforeItApplies(t *testing.T) {
	t.Parallel()
	var p *Proxy
	var b *backend
	var applied []int // how many requests were applied when it was overtaken
	p, b = start(t, Config{Overtake: func() { applied = append(applied, len(b.seen())) }})
	p.Script("PutItem", Overtaken)
	for range 2 {
		call(t, p, "PutItem", "{}")
	}
	if !slices.Equal(applied, []int{0}) || len(b.seen()) != 2 {
		t.Errorf("overtaken after %v requests of %d, want after 0 of 2", applied, len(b.seen()))
	}
}

func TestProxy_meetsHeldOnceItIsApplied(t *testing.T) {
	t.Parallel()
	p, b := start(t, Config{Delay: time.Millisecond})
	p.Script("PutItem", Held)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		call(t, p, "PutItem", "first")
	}()
	for p.Met()[Held] == 0 {
		runtime.Gosched()
	}
	if len(b.seen()) != 1 {
		t.Error("the request was met before it was applied")
	}
	<-answered
}
