package httpapi

import (
	"net/http"
	"slices"

	"github.com/maru-chat/maru/internal/chat"
)

// routes is an http.ServeMux that remembers its patterns, so that a test can
// compare them with its table.
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

// route passes a request to the API, the classic API, or the page, in that order.
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

// serveRest answers a request that matches no route: with 405 if only its method is
// wrong, with a file of the page, or with 404.
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

// refuseMethod answers 405 with the methods that are allowed.
func refuseMethod(w http.ResponseWriter, r *http.Request, allowed string) {
	protectAPI(w.Header())
	p := problemWith(http.StatusMethodNotAllowed, chat.CodeInvalid, "this address does not answer "+r.Method)
	p.headers.Set("Allow", allowed)
	noteFailure(r.Context(), p)
	p.write(w)
}

// refusal receives the plain-text refusal of an http.ServeMux, for its status and
// headers alone.
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

// protectAPI sets the headers of all answers but the page: they are not cached, not
// shown as documents, and not sniffed for another type.
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

// allowedHeaders returns the headers that a page may send: for the classic API, all
// that it asks for.
func allowedHeaders(r *http.Request, isForAll bool) string {
	if asked := r.Header.Get("Access-Control-Request-Headers"); isForAll && asked != "" {
		return asked
	}
	return "Authorization, Content-Type"
}
