package httpapi

import (
	"net/http"
	"slices"

	"github.com/maru-chat/maru/internal/chat"
)

// routes is an http.ServeMux that remembers what it was given to answer, so that
// a test holds every route to its table, however it was added.
type routes struct {
	mux      http.ServeMux
	patterns []string
}

// HandleFunc adds a route.
func (r *routes) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	r.patterns = append(r.patterns, pattern)
	r.mux.HandleFunc(pattern, handler)
}

// ServeHTTP answers a request by its route.
func (r *routes) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.mux.ServeHTTP(w, req) }

// route finds who answers: the API, the classic API, or the page for whatever
// nobody else knows.
func (h *Handler) route(w http.ResponseWriter, r *http.Request) {
	if err := checkAddress(r.URL); err != nil {
		failed(r.Context(), err).write(w)
		return
	}
	handler, pattern := h.routes.mux.Handler(r)
	switch {
	case pattern != "":
		notePattern(r.Context(), pattern)
		protectAPI(w.Header())
		h.routes.ServeHTTP(w, r)
	case h.Classic && isClassicPath(r.URL.Path):
		h.serveClassic(w, r)
	default:
		h.serveRest(w, r, handler)
	}
}

// serveRest answers a path that is no route: a wrong method of one that is, a
// file of the page, or nothing.
func (h *Handler) serveRest(w http.ResponseWriter, r *http.Request, muxRefusal http.Handler) {
	probe := &refusal{header: http.Header{}}
	muxRefusal.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		refuseMethod(w, r, probe.header.Get("Allow"))
		return
	}
	var err error = chat.Errorf(chat.CodeNotFound, "nothing is here")
	if h.page != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		notePattern(r.Context(), "page")
		w.Header().Add("Vary", "Accept")
		err = h.page.serve(w, r)
	}
	if err != nil {
		protectAPI(w.Header())
		failed(r.Context(), err).write(w)
	}
}

// refuseMethod says which methods an address answers instead.
func refuseMethod(w http.ResponseWriter, r *http.Request, allowed string) {
	protectAPI(w.Header())
	p := problemWith(http.StatusMethodNotAllowed, chat.CodeInvalid, "this address does not answer "+r.Method)
	p.headers.Set("Allow", allowed)
	noteFailure(r.Context(), p)
	p.write(w)
}

// refusal takes the answer that http.ServeMux makes of its own, in plain text,
// for the sake of its status and headers.
type refusal struct {
	header http.Header
	status int
}

// Header returns the headers of the refusal.
func (p *refusal) Header() http.Header { return p.header }

// Write drops the text of the refusal.
func (p *refusal) Write(text []byte) (int, error) { return len(text), nil }

// WriteHeader keeps the status of the refusal.
func (p *refusal) WriteHeader(status int) { p.status = status }

// protectAPI sets the headers of whatever is not the page: it is never kept,
// never shown as a document and never guessed to be another type.
func protectAPI(header http.Header) {
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
}

// allowOrigins tells browsers which other pages may call the API (the Fetch
// standard's CORS). No cookie is involved, so credentials are never allowed.
func (h *Handler) allowOrigins(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		isPreflight := r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
		isForAll := h.Classic && isClassicPath(r.URL.Path)
		w.Header().Add("Vary", "Origin")
		switch {
		case isForAll:
			w.Header().Set("Access-Control-Allow-Origin", "*")
		case slices.Contains(h.Origins, origin):
			w.Header().Set("Access-Control-Allow-Origin", origin)
		}
		if !isPreflight {
			w.Header().Set("Access-Control-Expose-Headers", "Link, Retry-After, X-Request-Id")
			next.ServeHTTP(w, r)
			return
		}
		notePattern(r.Context(), "preflight")
		w.Header().Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
		w.Header().Set("Access-Control-Allow-Headers", allowedHeaders(r, isForAll))
		w.Header().Set("Access-Control-Max-Age", "7200")
		w.WriteHeader(http.StatusNoContent)
	})
}

// allowedHeaders lets pages of the classic API send what they ask for.
func allowedHeaders(r *http.Request, isForAll bool) string {
	if asked := r.Header.Get("Access-Control-Request-Headers"); isForAll && asked != "" {
		return asked
	}
	return "Authorization, Content-Type"
}
