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
	// Issue returns a token for the user and when it expires.
	Issue(user chat.UserID) (token string, expiresAt time.Time, err error)
	// Verify returns whose token it is and when it expires; every refusal is
	// CodeUnauthenticated.
	Verify(ctx context.Context, token string) (user chat.UserID, expiresAt time.Time, err error)
	// Renew returns a token of the same user that is valid for at least half of a
	// token's life: the given one if it is, otherwise a new one.
	Renew(ctx context.Context, token string) (renewed string, expiresAt time.Time, err error)
}

// Options are the dependencies and settings of a Handler. Service, Tokens and Log
// must be set.
type Options struct {
	Service *chat.Service
	Tokens  Tokens
	Log     *slog.Logger
	// Ready returns an error if the store cannot be read; nil if it always can.
	Ready func(context.Context) error
	// PublicURL is the origin at which browsers find the page: links begin with
	// it. Origins are the origins of all pages that may call the API.
	PublicURL string
	Origins   []string
	// API and Socket are the addresses that /config.json gives to clients.
	API    string
	Socket string
	// Page has the files of the page, index.html among them; nil if another host
	// serves it.
	Page fs.FS
	// Classic turns on the classic API.
	Classic bool
	Version string
	// Answered is called after each answer, for metrics; it may be nil.
	Answered func(route string, status int, took time.Duration)
}

// Handler answers all of Maru's HTTP. It is safe for concurrent use.
type Handler struct {
	Options
	routes *routes
	api    huma.API
	page   *page
	next   http.Handler // what ServeHTTP wraps
	// longReads holds one value for each long GET /chat that is being answered.
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
	config.Info.Description = "Maru's HTTP API: everything that is not live. Live frames are described in asyncapi.yaml."
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

// unmarshal refuses the malformed JSON that encoding/json would repair, as the
// socket does.
func unmarshal(body []byte, into any) error {
	strict, err := wire.StrictObject(body)
	if err != nil {
		return err
	}
	return json.Unmarshal(strict, into)
}

// maxBody bounds the body of a request, in bytes: a text of 4,000 characters, each
// escaped as a surrogate pair, takes 48,000.
const maxBody = 64 << 10

// route is one operation of the API.
type route struct {
	method, path string
	summary      string
	isOpen       bool // needs no token
}

// answer is the response of a successful operation.
type answer[B any] struct{ Body B }

// handle adds an operation. Its function gets the caller, "" if the route is open,
// and returns the body of the answer.
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

// humaContext lets statusContext embed a huma.Context: a field named Context would
// hide the method Context.
type humaContext huma.Context

// statusContext replaces the statuses that differ from the table; see statusOf.
type statusContext struct{ humaContext }

// SetStatus sends the status.
func (c statusContext) SetStatus(status int) { c.humaContext.SetStatus(statusOf(status)) }

// Unwrap returns the context of the request below; huma asks for it by this
// name.
func (c statusContext) Unwrap() huma.Context { return c.humaContext }

// failed returns the problem that answers err, and notes its cause for the log.
func failed(ctx context.Context, err error) *Problem {
	p := problemOf(err)
	noteFailure(ctx, p)
	return p
}
