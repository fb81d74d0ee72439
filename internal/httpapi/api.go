package httpapi

import (
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Tokens makes and checks the tokens of guests.
type Tokens interface {
	// Issue returns a token for the user and when it runs out.
	Issue(user chat.UserID) (token string, expiresAt time.Time, err error)
	// Verify returns whose token it is and when it runs out; every refusal is
	// CodeUnauthenticated. Whoever else issues tokens needs only this.
	Verify(ctx context.Context, token string) (user chat.UserID, expiresAt time.Time, err error)
	// Renew returns a token of the same user that is good for at least half of
	// a token's life, the given one where that is so.
	Renew(ctx context.Context, token string) (renewed string, expiresAt time.Time, err error)
}

// Options are what a Handler stands on. Service, Tokens and Log must be set.
type Options struct {
	Service *chat.Service
	Tokens  Tokens
	Log     *slog.Logger
	// Ready says whether the store can be read; nil for always.
	Ready func(context.Context) error
	// PublicURL is the origin at which browsers find the page: links begin with
	// it. Origins are all whose pages may call the API.
	PublicURL string
	Origins   []string
	// API and Socket are the addresses that /config.json gives to clients.
	API    string
	Socket string
	// Page are the files of the page, index.html among them; nil where another
	// host serves it.
	Page fs.FS
	// Classic answers the classic API.
	Classic bool
	Version string
	// Answered is told of each answer, for metrics; nil for nobody.
	Answered func(route string, status int, took time.Duration)
}

// Handler answers all of Maru's HTTP. It is safe for concurrent use.
type Handler struct {
	Options
	routes *routes
	api    huma.API
	page   *page
	next   http.Handler // what ServeHTTP wraps
	// longReads holds one for each long answer of GET /chat that is on its way.
	longReads chan struct{}
}

// New returns a Handler.
func New(options Options) *Handler {
	h := &Handler{Options: options, routes: &routes{}, longReads: make(chan struct{}, maxLongReads)}
	h.api = humago.New(h.routes, humaConfig(options.Version))
	h.api.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) { next(statusContext{ctx}) })
	h.addSession()
	h.addRooms()
	h.addMembers()
	h.addInvites()
	h.addReading()
	h.addOperation()
	h.addProbes()
	if options.Page != nil {
		h.page = newPage(options.Page, options.PublicURL, options.Socket)
	}
	h.next = h.observe(h.allowOrigins(http.HandlerFunc(h.route)))
	return h
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.next.ServeHTTP(w, r) }

// OpenAPI returns the OpenAPI 3.1 description of the API as JSON.
func OpenAPI() ([]byte, error) {
	described := New(Options{Version: "1"}).api.OpenAPI()
	for _, unused := range []string{"ErrorModel", "ErrorDetail"} { // huma's own; ours is Problem
		delete(described.Components.Schemas.Map(), unused)
	}
	return json.Marshal(described)
}

func humaConfig(version string) huma.Config {
	config := huma.DefaultConfig("Maru", version)
	config.Info.Description = "What Maru answers over HTTP: all that is not live. Live frames are described in asyncapi.yaml."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil // no $schema links in bodies
	config.Formats = map[string]huma.Format{
		"application/json": {Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal},
		"json":             {Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal},
	}
	config.AllowAdditionalPropertiesByDefault = true // unknown fields are ignored
	config.Transformers = []huma.Transformer{func(_ huma.Context, _ string, v any) (any, error) {
		if m, isModel := v.(*huma.ErrorModel); isModel {
			return problemOfModel(m), nil
		}
		return v, nil
	}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		bearer: {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "The token of POST /session."},
	}
	return config
}

const bearer = "bearer"

// unmarshal refuses what encoding/json would repair, as the socket does.
func unmarshal(body []byte, into any) error {
	strict, err := wire.StrictObject(body)
	if err != nil {
		return err
	}
	return json.Unmarshal(strict, into)
}

// maxBody bounds the body of a request, in bytes: a text of 4,000 characters
// that are all escaped has 48,000.
const maxBody = 64 << 10

// route is one operation of the API.
type route struct {
	method, path string
	summary      string
	isOpen       bool // needs no token
}

// answer is what a successful operation sends.
type answer[B any] struct{ Body B }

// handle adds an operation. Its function gets the caller, "" where the route is
// open, and returns the body of the answer.
func handle[I, B any](h *Handler, r route, f func(ctx context.Context, caller chat.UserID, in *I) (B, error)) {
	op := huma.Operation{
		OperationID: operationID(r), Method: r.method, Path: r.path, Summary: r.summary,
		MaxBodyBytes: maxBody,
		Responses:    map[string]*huma.Response{"default": h.problemResponse()},
	}
	if !r.isOpen {
		op.Security = []map[string][]string{{bearer: {}}}
		op.Middlewares = huma.Middlewares{h.authenticate}
	}
	huma.Register(h.api, op, func(ctx context.Context, in *I) (*answer[B], error) {
		body, err := f(ctx, callerOf(ctx), in)
		if err != nil {
			return nil, failed(ctx, err)
		}
		return &answer[B]{Body: body}, nil
	})
}

// operationID names an operation by its method and path: "post-rooms-room-join".
func operationID(r route) string {
	name := strings.NewReplacer("/", "-", "{", "", "}", "").Replace(r.path)
	return strings.ToLower(r.method) + name
}

func (h *Handler) problemResponse() *huma.Response {
	registry := h.api.OpenAPI().Components.Schemas
	return &huma.Response{
		Description: "Refused or failed.",
		Content: map[string]*huma.MediaType{
			(*Problem)(nil).ContentType(""): {Schema: registry.Schema(reflect.TypeFor[Problem](), true, "")},
		},
	}
}

// humaContext has a name that its own method Context leaves free.
type humaContext huma.Context

// statusContext answers with the statuses of the table.
type statusContext struct{ humaContext }

// SetStatus sends the status.
func (c statusContext) SetStatus(status int) { c.humaContext.SetStatus(statusOf(status)) }

// Unwrap returns the context of the request below; huma asks for it by this
// name.
func (c statusContext) Unwrap() huma.Context { return c.humaContext }

// failed makes err the answer, and leaves its cause to the log.
func failed(ctx context.Context, err error) *Problem {
	p := problemOf(err)
	noteFailure(ctx, p)
	return p
}
