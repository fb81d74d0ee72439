package faultproxy

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config says what a Proxy does.
type Config struct {
	// Target is the base URL of DynamoDB Local.
	Target string
	// Seed decides which requests meet a fault.
	Seed uint64
	// Rates are the faults of operations for which nothing is scripted.
	Rates Rates
	// Operations are those that Rates holds for, such as "PutItem"; nil for the
	// writes of items.
	Operations []string
	// Delay is how long Slow and Held take.
	Delay time.Duration
	// Overtake is what Overtaken calls, and must be set for that; it must not wait for
	// the request.
	Overtake func()
}

// Writes are the operations that change items, Reads those that read them.
var (
	Writes = []string{"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}
	Reads  = []string{"GetItem", "BatchGetItem", "Query"}
)

// maxLateness is how many requests may overtake a late one.
const maxLateness = 6

// Proxy is a running proxy. It is safe for concurrent use.
type Proxy struct {
	config Config
	server *httptest.Server
	// client keeps enough connections to Target for all requests under way.
	client *http.Client

	mu     sync.Mutex
	chance *rand.Rand
	rates  map[string]Rates // of each operation that meets faults
	script map[string][]Fault
	counts map[string]int
	met    map[Fault]int
	late   []*lateRequest
	isDead bool
}

// request is one request as it came, kept so that it can be applied later.
type request struct {
	operation string
	header    http.Header
	path      string
	body      []byte
}

// lateRequest is applied after that many more requests have come.
type lateRequest struct {
	*request
	after int
}

// Start runs a proxy on a free loopback port.
func Start(c Config) *Proxy {
	if c.Operations == nil {
		c.Operations = Writes
	}
	p := &Proxy{
		config: c,
		chance: rand.New(rand.NewPCG(c.Seed, 0)),
		rates:  map[string]Rates{},
		script: map[string][]Fault{}, counts: map[string]int{}, met: map[Fault]int{},
	}
	p.SetRates(c.Rates, c.Operations...)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = transport.MaxIdleConns
	p.client = &http.Client{Transport: transport}
	p.server = httptest.NewServer(p)
	return p
}

// Endpoint is the proxy's base URL, to be given to the SDK.
func (p *Proxy) Endpoint() string { return p.server.URL }

// Close stops the proxy. What is late by then is never applied.
func (p *Proxy) Close() {
	p.server.Close()
	p.client.CloseIdleConnections()
}

// SetRates changes which faults requests of the operations meet from now on.
func (p *Proxy) SetRates(rates Rates, operations ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, operation := range operations {
		p.rates[operation] = rates
	}
}

// Script lets the next requests of an operation meet these faults, in order,
// instead of drawn ones.
func (p *Proxy) Script(operation string, faults ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script[operation] = append(p.script[operation], faults...)
}

// Counts returns how many requests of each operation came so far.
func (p *Proxy) Counts() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.counts)
}

// Met returns how many requests met each fault so far.
func (p *Proxy) Met() map[Fault]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.met)
}

// Settle applies every late request now.
func (p *Proxy) Settle(ctx context.Context) error {
	p.mu.Lock()
	late := p.late
	p.late = nil
	p.mu.Unlock()
	for _, r := range late {
		if err := p.apply(ctx, r.request); err != nil {
			return err
		}
	}
	return nil
}

// ServeHTTP answers one DynamoDB request.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		cut(w)
		return
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	req := &request{operation: operation, header: r.Header.Clone(), path: r.URL.Path, body: body}
	fault, overdue := p.draw(req)
	// A request that has arrived is applied even if its client is gone.
	ctx := context.WithoutCancel(r.Context())
	for _, l := range overdue {
		if err := p.apply(ctx, l.request); err != nil {
			cut(w)
			return
		}
	}
	p.answer(ctx, w, req, fault)
}

// draw counts the request, and decides what happens to it and which late requests
// are due now. Once the proxy is dead, late requests wait for Settle.
func (p *Proxy) draw(r *request) (fault Fault, overdue []*lateRequest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts[r.operation]++
	fault = p.drawFault(r.operation)
	if fault != Held {
		p.met[fault]++
	}
	p.isDead = p.isDead || fault == DieBefore || fault == DieAfter
	if p.isDead {
		return fault, nil
	}
	p.late = slices.DeleteFunc(p.late, func(l *lateRequest) bool {
		l.after--
		if l.after <= 0 {
			overdue = append(overdue, l)
		}
		return l.after <= 0
	})
	if fault == Late {
		p.late = append(p.late, &lateRequest{r, 1 + p.chance.IntN(maxLateness)})
	}
	return fault, overdue
}

func (p *Proxy) drawFault(operation string) Fault {
	if p.isDead {
		return Cut
	}
	if scripted := p.script[operation]; len(scripted) > 0 {
		p.script[operation] = scripted[1:]
		return scripted[0]
	}
	rates, meetsFaults := p.rates[operation]
	if !meetsFaults {
		return None
	}
	at := p.chance.Float64()
	for _, fault := range Faults {
		if at < rates[fault] {
			return fault
		}
		at -= rates[fault]
	}
	return None
}

// answer does what the fault says.
func (p *Proxy) answer(ctx context.Context, w http.ResponseWriter, r *request, fault Fault) {
	switch fault {
	case Cut, Late, DieBefore:
		cut(w)
		return
	case Refused, Throttled, Conflict:
		p.madeUp(r, fault).write(w)
		return
	case Slow:
		time.Sleep(p.config.Delay)
	case Overtaken:
		p.config.Overtake()
	}
	response, err := p.forward(ctx, r)
	if fault == Held {
		p.hold()
	}
	switch {
	case err != nil || fault == AnswerLost || fault == DieAfter:
		cut(w)
	case fault == AnswerBroken:
		serverError.write(w)
	default:
		response.write(w)
	}
}

func (p *Proxy) hold() {
	p.mu.Lock()
	p.met[Held]++
	p.mu.Unlock()
	time.Sleep(p.config.Delay)
}

func (p *Proxy) apply(ctx context.Context, r *request) error {
	_, err := p.forward(ctx, r)
	return err
}

func (p *Proxy) forward(ctx context.Context, r *request) (*response, error) {
	out, err := http.NewRequestWithContext(ctx, http.MethodPost, p.config.Target+r.path, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("faultproxy: %w", err)
	}
	out.Header = r.header
	in, err := p.client.Do(out)
	if err != nil {
		return nil, fmt.Errorf("faultproxy: forward %s: %w", r.operation, err)
	}
	defer func() { _ = in.Body.Close() }()
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, fmt.Errorf("faultproxy: forward %s: %w", r.operation, err)
	}
	return &response{status: in.StatusCode, header: in.Header, body: body}, nil
}

// cut closes the connection without an answer.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close() // the other end sees what it should either way
	}
}
