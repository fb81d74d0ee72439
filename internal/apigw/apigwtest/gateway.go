package apigwtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Fault is how requests about one connection go wrong.
type Fault int

// The faults. The zero Fault is none.
const (
	None      Fault = iota
	Gone            // 410 with GoneException, as AWS answers
	PlainGone       // 410 and nothing more, as emulators answer
	Throttled       // 429 once, then none
	Throttle        // 429 every time
	Broken          // 500
	Slow            // no answer until the caller hangs up
	Dead            // the stream is cut
)

// Gateway is the @connections API of a WebSocket API, on loopback. It is safe
// for concurrent use.
type Gateway struct {
	server *httptest.Server

	mu       sync.Mutex
	messages map[chat.ConnID][]string // of open connections
	faults   map[chat.ConnID]Fault
	counts   Counts
}

// Counts is what a Gateway has seen.
type Counts struct {
	// Posts, Deletes and Gets are requests, answered well or not.
	Posts, Deletes, Gets int
	// Delivered is how many messages reached a connection.
	Delivered int
}

// NewGateway returns a Gateway without connections, which closes with the test.
func NewGateway(tb testing.TB) *Gateway {
	g := &Gateway{messages: map[chat.ConnID][]string{}, faults: map[chat.ConnID]Fault{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /live/@connections/{conn}", g.handle(func(c *Counts) { c.Posts++ }, g.post))
	mux.HandleFunc("DELETE /live/@connections/{conn}", g.handle(func(c *Counts) { c.Deletes++ }, g.delete))
	mux.HandleFunc("GET /live/@connections/{conn}", g.handle(func(c *Counts) { c.Gets++ }, g.get))
	g.server = httptest.NewServer(mux)
	tb.Cleanup(g.server.Close)
	return g
}

// URL is what stands before /@connections.
func (g *Gateway) URL() string { return g.server.URL + "/live" }

// Client is an HTTP client of its own for the Gateway.
func (g *Gateway) Client() *http.Client { return g.server.Client() }

// Open opens connections.
func (g *Gateway) Open(conns ...chat.ConnID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, conn := range conns {
		g.messages[conn] = nil
	}
}

// Vanish ends a connection that nobody is told of.
func (g *Gateway) Vanish(conn chat.ConnID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.messages, conn)
}

// Fail lets requests about the connection go wrong from now on.
func (g *Gateway) Fail(conn chat.ConnID, with Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults[conn] = with
}

// Reset forgets what it has seen so far but Gets, which nobody should ask for;
// connections stay as they are.
func (g *Gateway) Reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.counts = Counts{Gets: g.counts.Gets}
	for conn := range g.messages {
		g.messages[conn] = nil
	}
}

// IsOpen reports whether the connection is open.
func (g *Gateway) IsOpen(conn chat.ConnID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, isOpen := g.messages[conn]
	return isOpen
}

// Messages returns what the connection was sent.
func (g *Gateway) Messages(conn chat.ConnID) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.messages[conn]...)
}

// Lines returns the lines of what the connection was sent.
func (g *Gateway) Lines(conn chat.ConnID) []string {
	var lines []string
	for _, message := range g.Messages(conn) {
		lines = append(lines, strings.Split(message, "\n")...)
	}
	return lines
}

// Counts returns what the Gateway has seen.
func (g *Gateway) Counts() Counts {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.counts
}

// handle counts a request and lets it go wrong where it is to.
func (g *Gateway) handle(count func(*Counts), serve func(http.ResponseWriter, *http.Request, chat.ConnID)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn := chat.ConnID(r.PathValue("conn"))
		g.mu.Lock()
		count(&g.counts)
		fault := g.faults[conn]
		if fault == Throttled {
			delete(g.faults, conn)
		}
		g.mu.Unlock()
		if misbehave, isFault := faults[fault]; isFault {
			misbehave(w, r)
			return
		}
		serve(w, r, conn)
	}
}

var faults = map[Fault]func(http.ResponseWriter, *http.Request){
	Gone:      func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusGone, "GoneException") },
	PlainGone: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) },
	Throttled: func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusTooManyRequests, "LimitExceededException")
	},
	Throttle: func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusTooManyRequests, "LimitExceededException")
	},
	Broken: func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusInternalServerError, "InternalServerError")
	},
	Slow: func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // so that the end of the caller is noticed
		<-r.Context().Done()
	},
	Dead: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
}

// refuse answers as AWS does: the exception's name is in a header.
func refuse(w http.ResponseWriter, status int, exception string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", exception)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": exception})
}

// post delivers a message. One that is larger than a frame ends the connection.
func (g *Gateway) post(w http.ResponseWriter, r *http.Request, conn chat.ConnID) {
	body, err := io.ReadAll(r.Body)
	g.mu.Lock()
	defer g.mu.Unlock()
	switch _, isOpen := g.messages[conn]; {
	case err != nil:
		return // the caller has gone
	case !isOpen:
		refuse(w, http.StatusGone, "GoneException")
	case len(body) > wire.MaxMessage:
		delete(g.messages, conn)
		refuse(w, http.StatusRequestEntityTooLarge, "PayloadTooLargeException")
	default:
		g.messages[conn] = append(g.messages[conn], string(body))
		g.counts.Delivered++
	}
}

func (g *Gateway) delete(w http.ResponseWriter, _ *http.Request, conn chat.ConnID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, isOpen := g.messages[conn]; !isOpen {
		refuse(w, http.StatusGone, "GoneException")
		return
	}
	delete(g.messages, conn)
	w.WriteHeader(http.StatusNoContent)
}

func (g *Gateway) get(w http.ResponseWriter, _ *http.Request, conn chat.ConnID) {
	if !g.IsOpen(conn) {
		refuse(w, http.StatusGone, "GoneException")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"connectedAt": "2026-03-01T09:00:00Z", "identity": map[string]string{}})
}
