package httpapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

// row is one route with a request that succeeds, from which the test makes
// requests that must be refused. {owner}, {other}, {invite}, {own} and {code}
// stand for ids and secrets of the test's world.
type row struct {
	path   string         // where it differs from the route: with ids
	fields map[string]any // of the body, all good
	query  url.Values     // all good

	required []string // fields or parameters without which it is refused
	// foreign is the path in a room that does not exist for the caller.
	foreign string
	// The reasons why kinds of fault cannot be made; "" for those that can.
	noMissing, noTyped, noLong, noText, noForeign, noToken string
}

const (
	roomless  = "no room is named"
	bodiless  = "nothing is sent but the path"
	optional  = "all that it takes may be left out"
	anybody   = "it needs no token"
	textTyped = "all that it takes is text"
)

// rows has one row for every route.
var rows = map[string]row{
	"POST /session": {
		fields: map[string]any{"name": "Mina"}, required: []string{"name"}, noForeign: roomless,
	},
	"GET /session":       {noMissing: bodiless, noTyped: bodiless, noLong: bodiless, noText: bodiless, noForeign: roomless},
	"PATCH /session":     {fields: map[string]any{"name": "Mina"}, required: []string{"name"}, noForeign: roomless},
	"POST /session/link": {noMissing: bodiless, noTyped: bodiless, noLong: bodiless, noText: bodiless, noForeign: roomless},
	"POST /session/redeem": {
		fields: map[string]any{"code": "{code}"}, required: []string{"code"}, noForeign: roomless, noToken: anybody,
	},
	"POST /operator":      {fields: map[string]any{"code": "{operator}"}, required: []string{"code"}, noForeign: roomless},
	"PUT /bans/{user}":    {path: "/bans/{other}", noMissing: bodiless, noTyped: textTyped, noForeign: roomless},
	"DELETE /bans/{user}": {path: "/bans/{other}", noMissing: bodiless, noTyped: textTyped, noForeign: roomless},

	"GET /rooms": {noMissing: bodiless, noTyped: bodiless, noLong: bodiless, noText: bodiless, noForeign: roomless},
	"POST /rooms": {
		fields:   map[string]any{"room": "new", "title": "New", "visibility": "public", "id": "e1", "since": "0"},
		required: []string{"room", "title", "visibility"}, noForeign: roomless,
	},
	"GET /rooms/public": {query: url.Values{"after": {"a"}, "limit": {"5"}}, noMissing: optional, noForeign: roomless},
	"GET /rooms/{room}": {path: "/rooms/mine", foreign: "/rooms/foreign", noMissing: bodiless, noTyped: textTyped},
	"PATCH /rooms/{room}": {
		path: "/rooms/mine", foreign: "/rooms/foreign",
		fields:   map[string]any{"title": "Other", "visibility": "public", "id": "e1", "since": "0"},
		required: []string{"title", "visibility"},
	},
	"DELETE /rooms/{room}": {
		path: "/rooms/mine", foreign: "/rooms/foreign", query: url.Values{"id": {"e1"}, "since": {"0"}}, noMissing: optional,
	},
	"POST /direct": {fields: map[string]any{"user": "{other}"}, required: []string{"user"}, noForeign: roomless},

	"POST /rooms/{room}/join": {
		path: "/rooms/open/join", foreign: "/rooms/foreign/join", fields: map[string]any{"id": "e1", "since": "0"}, noMissing: optional,
	},
	"POST /rooms/{room}/leave": {
		path: "/rooms/joined/leave", foreign: "/rooms/foreign/leave", fields: map[string]any{"id": "e1", "since": "0"}, noMissing: optional,
	},
	"GET /rooms/{room}/members": {
		path: "/rooms/mine/members", foreign: "/rooms/foreign/members",
		query: url.Values{"after": {"a"}, "limit": {"5"}}, noMissing: optional,
	},
	"POST /rooms/{room}/members": {
		path: "/rooms/mine/members", foreign: "/rooms/foreign/members",
		fields: map[string]any{"user": "{third}", "role": "reader", "id": "e1", "since": "0"}, required: []string{"user"},
	},
	"PUT /rooms/{room}/members/{user}": {
		path: "/rooms/mine/members/{other}", foreign: "/rooms/foreign/members/{other}",
		fields: map[string]any{"role": "reader", "id": "e1", "since": "0"}, required: []string{"role"},
	},
	"DELETE /rooms/{room}/members/{user}": {
		path: "/rooms/mine/members/{other}", foreign: "/rooms/foreign/members/{other}",
		query: url.Values{"id": {"e1"}, "since": {"0"}}, noMissing: optional,
	},

	"POST /rooms/{room}/invites": {
		path: "/rooms/mine/invites", foreign: "/rooms/foreign/invites",
		fields: map[string]any{"role": "reader", "ttl_seconds": 60, "uses": 3}, noMissing: optional,
	},
	"POST /invites/preview": {
		fields: map[string]any{"secret": "{invite}"}, required: []string{"secret"}, noForeign: roomless,
	},
	"POST /invites/accept": {
		fields: map[string]any{"secret": "{invite}", "id": "e1", "since": "0"}, required: []string{"secret"}, noForeign: roomless,
	},
	"POST /invites/revoke": {
		fields: map[string]any{"secret": "{own}"}, required: []string{"secret"}, noForeign: roomless,
	},

	"GET /rooms/{room}/posts": {
		path: "/rooms/mine/posts", foreign: "/rooms/foreign/posts",
		query: url.Values{"before": {"9"}, "limit": {"5"}}, noMissing: optional,
	},
	"GET /rooms/{room}/entries": {
		path: "/rooms/mine/entries", foreign: "/rooms/foreign/entries",
		query: url.Values{"after": {"0"}, "limit": {"5"}}, noMissing: optional,
	},
	"GET /rooms/{room}/posts/{seq}/reactions": {
		path: "/rooms/mine/posts/{post}/reactions", foreign: "/rooms/foreign/posts/2/reactions", noMissing: bodiless,
	},
	"PUT /rooms/{room}/mark": {
		path: "/rooms/mine/mark", foreign: "/rooms/foreign/mark",
		fields: map[string]any{"cursor": "0"}, required: []string{"cursor"},
	},
	"GET /search": {
		query:    url.Values{"q": {"hello"}, "room": {"mine"}, "before": {""}, "limit": {"5"}},
		required: []string{"q"}, foreign: "/search?q=hello&room=foreign",
	},
	"GET /mentions": {query: url.Values{"before": {"1.1.mine"}, "limit": {"5"}}, noMissing: optional, noForeign: roomless},

	"GET /config.json": {noMissing: bodiless, noTyped: bodiless, noLong: bodiless, noText: bodiless, noForeign: roomless, noToken: anybody},
	"GET /healthz":     {noMissing: bodiless, noTyped: bodiless, noLong: bodiless, noText: bodiless, noForeign: roomless, noToken: anybody},
	"GET /readyz":      {noMissing: bodiless, noTyped: bodiless, noLong: bodiless, noText: bodiless, noForeign: roomless, noToken: anybody},

	"GET /chat": {
		query: url.Values{"room_id": {"classic"}, "before": {"9"}}, required: []string{"room_id"},
		noForeign: "a classic room_id names classic rooms only", noToken: anybody,
	},
	"PUT /chat": {
		fields:    map[string]any{"room_id": "classic", "text": "hi", "user_id": "u", "name": "U"},
		required:  []string{"room_id", "text", "user_id"},
		noForeign: "a classic room_id names classic rooms only", noToken: anybody,
	},
}

// isTyped reports whether a parameter is a number or a cursor, so that a word has the
// wrong type.
func isTyped(route, parameter string) bool {
	switch parameter {
	case "limit", "before", "since":
		return true
	default:
		return parameter == "after" && route == "GET /rooms/{room}/entries"
	}
}

// routesOf lists every route: those that the mux answers, and the classic API,
// which also answers below a stage. HEAD comes with each GET.
func routesOf(h *Handler) []string {
	listed := slices.Clone(h.routes.patterns)
	for method := range classicMethods {
		if method != http.MethodHead {
			listed = append(listed, method+" /chat")
		}
	}
	slices.Sort(listed)
	return listed
}

func TestHandler_every_route_has_a_row(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(routesOf(New(Options{})), slices.Sorted(maps.Keys(rows))); diff != "" {
		t.Errorf("routes (-) and rows (+):\n%s", diff)
	}
}

// world is a server where owner has rooms, other is a member of one, and a
// stranger has a room that does not exist for owner.
type world struct {
	*server
	names *strings.Replacer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := newServer(t)
	owner, other, stranger, third := s.signUp("Owner"), s.signUp("Other"), s.signUp("Stranger"), s.signUp("Third")
	s.createRoom(owner, "mine", chat.Private)
	s.createRoom(other, "open", chat.Public)
	s.createRoom(other, "joined", chat.Public)
	s.createRoom(stranger, "foreign", chat.Private)
	s.createRoom(stranger, "theirs", chat.Private)
	must[any](s, request{method: "POST", path: "/rooms/joined/join", as: owner})
	must[any](s, request{method: "POST", path: "/rooms/mine/members", as: owner, body: `{"user":"` + other + `"}`})
	post := s.post(owner, "mine", "hello mine")
	s.post(stranger, "foreign", "hello foreign")

	invite := must[Invite](s, request{method: "POST", path: "/rooms/theirs/invites", as: stranger})
	own := must[Invite](s, request{method: "POST", path: "/rooms/mine/invites", as: owner})
	code := must[Code](s, request{method: "POST", path: "/session/link", as: owner})
	operator, err := s.service.OfferOperator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	claim, err := s.service.OfferOperator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	must[any](s, request{method: "POST", path: "/operator", as: owner, body: `{"code":"` + claim + `"}`})
	return &world{server: s, names: strings.NewReplacer(
		"{owner}", owner, "{other}", other, "{third}", third, "{invite}", invite.Secret, "{own}", own.Secret,
		"{code}", code.Code, "{operator}", operator, "{post}", fmt.Sprint(post),
	)}
}

// state is all that the world's store holds, as far as a route could change it.
func (w *world) state() string {
	w.t.Helper()
	var all []any
	add := func(v any, err error) { all = append(all, v, fmt.Sprint(err)) }
	for _, room := range []chat.RoomID{"mine", "open", "joined", "foreign", "theirs", "new", "c-Y2xhc3NpYw"} {
		page, err := w.service.Memory.Read(w.t.Context(), room, chat.Cursor{}, chat.MaxPage)
		add(page.Entries, err)
	}
	for _, name := range []string{"{owner}", "{other}", "{third}", "c-dQ"} {
		user := chat.UserID(w.names.Replace(name))
		add(w.service.Memory.User(w.t.Context(), user))
		add(w.service.Memory.Marks(w.t.Context(), user))
	}
	for _, secret := range []string{"{invite}", "{own}", "{code}", "{operator}"} {
		add(w.service.Memory.Ticket(w.t.Context(), chat.HashTicket(w.names.Replace(secret))))
	}
	text, err := json.Marshal(all)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// fault is one request that must be refused.
type fault struct {
	name string
	request
	codes []chat.Code
}

func (r *row) good(w *world, route string) request {
	method, path, _ := strings.Cut(route, " ")
	if r.path != "" {
		path = r.path
	}
	q := request{method: method, path: w.names.Replace(path)}
	if r.fields != nil {
		q.body = w.body(r.fields)
	}
	if r.query != nil {
		q.path += "?" + r.query.Encode()
	}
	if r.noToken == "" && route != "POST /session" {
		q.as = w.names.Replace("{owner}")
	}
	return q
}

func (w *world) body(fields map[string]any) string {
	text, err := json.Marshal(fields)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.names.Replace(string(text))
}

// faulty gathers the requests of one row that must be refused.
type faulty struct {
	*row
	world  *world
	route  string
	good   request
	faults []fault
}

// The codes with which a kind of fault may be refused.
var (
	asInvalid = []chat.Code{chat.CodeInvalid}
	asTooLong = []chat.Code{chat.CodeInvalid, chat.CodeTooLarge, chat.CodeNotFound}
	asTooMuch = []chat.Code{chat.CodeTooLarge}
	asUnknown = []chat.Code{chat.CodeNotFound}
	asNobody  = []chat.Code{chat.CodeUnauthenticated}
)

// faults makes all requests of a row that must be refused.
func (r *row) faults(w *world, route string) []fault {
	f := &faulty{row: r, world: w, route: route, good: r.good(w, route)}
	f.addFields()
	f.addParameters()
	f.addSegments()
	if r.foreign != "" {
		q := f.good
		q.path = w.names.Replace(r.foreign)
		f.add("foreign room", q, asUnknown)
	}
	if r.noToken == "" {
		q := f.good
		q.as, q.token = "", "expired"
		f.add("expired token", q, asNobody)
	}
	return f.faults
}

func (f *faulty) add(name string, q request, codes []chat.Code) {
	f.faults = append(f.faults, fault{name, q, codes})
}

// addBody adds the good request with another body.
func (f *faulty) addBody(name, body string, codes []chat.Code) {
	q := f.good
	q.body = body
	f.add(name, q, codes)
}

// addPath adds the good request with another path.
func (f *faulty) addPath(name, path string, codes []chat.Code) {
	q := f.good
	q.path = path
	f.add(name, q, codes)
}

func (f *faulty) addFields() {
	if f.fields == nil {
		return
	}
	// with is the good body with another value of one field; nil for none.
	with := func(field string, value any) string {
		fields := maps.Clone(f.fields)
		if fields[field] = value; value == nil {
			delete(fields, field)
		}
		return f.world.body(fields)
	}
	for field, value := range f.fields {
		if slices.Contains(f.required, field) {
			f.addBody("missing "+field, with(field, nil), asInvalid)
		}
		f.addBody("wrong type of "+field, with(field, map[string]any{"no": "text"}), asInvalid)
		if _, isText := value.(string); isText {
			f.addBody("too long "+field, with(field, strings.Repeat("x", 5000)), asTooLong)
			for _, bad := range []string{"a\xffb", `a\ud800b`, `a\udc00`, `\ud800\ud800`} {
				f.addBody("bad UTF-8 in "+field, strings.Replace(with(field, "MARK"), "MARK", bad, 1), asInvalid)
			}
		}
	}
	for field := range f.fields {
		again, _ := strings.CutSuffix(f.good.body, "}")
		f.addBody("twice "+field, again+`,"`+field+`":"again"}`, asInvalid)
		if slices.Contains(f.required, field) {
			f.addBody("loud "+field, strings.Replace(f.good.body, `"`+field+`":`, `"`+strings.ToUpper(field)+`":`, 1), asInvalid)
		}
	}
	f.addBody("half a body", `{"name": `, asInvalid)
	f.addBody("a body too long", strings.Repeat(" ", maxBody)+f.good.body, asTooMuch)
}

func (f *faulty) addParameters() {
	base, _, _ := strings.Cut(f.good.path, "?")
	with := func(key, value string) string {
		query := maps.Clone(f.query)
		if query.Set(key, value); value == "" {
			query.Del(key)
		}
		return base + "?" + query.Encode()
	}
	for key := range f.query {
		if slices.Contains(f.required, key) {
			f.addPath("missing "+key, with(key, ""), asInvalid)
		}
		if isTyped(f.route, key) {
			f.addPath("wrong type of "+key, with(key, "x"), asInvalid)
		}
		f.addPath("too long "+key, with(key, strings.Repeat("9", 5000)), asTooLong)
		f.addPath("bad UTF-8 in "+key, base+"?"+key+"=%ff", asInvalid)
	}
}

// addSegments makes faults in the parts of the path that are ids or numbers.
func (f *faulty) addSegments() {
	base, _, _ := strings.Cut(f.good.path, "?")
	segments := strings.Split(base, "/")
	_, template, _ := strings.Cut(f.route, " ")
	for i, part := range strings.Split(template, "/") {
		if !strings.HasPrefix(part, "{") {
			continue
		}
		with := func(segment string) string {
			changed := slices.Clone(segments)
			changed[i] = segment
			return strings.Join(changed, "/")
		}
		f.addPath("too long "+part, with(strings.Repeat("9", 200)), asTooLong)
		f.addPath("bad UTF-8 in "+part, with("a\xffb"), asInvalid)
		if part == "{seq}" {
			f.addPath("wrong type of "+part, with("x"), asInvalid)
		}
	}
}

// TestHandler_refuses sends every route every kind of fault: each gets a clear
// error and changes nothing. At the end the good request succeeds.
func TestHandler_refuses(t *testing.T) {
	t.Parallel()
	for route, r := range rows {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			faults := r.faults(w, route)
			r.checkKinds(t, faults)
			before := w.state()
			for _, f := range faults {
				p, _ := w.refused(f.request)
				if !slices.Contains(f.codes, p.Code) {
					t.Errorf("%s: %s %q, want one of %v", f.name, p.Code, p.Detail, f.codes)
				}
				if strings.Contains(w.log.String(), "xxxx") || strings.Contains(p.Detail, "xxxx") {
					t.Fatalf("%s: what was sent is repeated", f.name)
				}
				if after := w.state(); after != before {
					t.Fatalf("%s changed something:\n%s", f.name, cmp.Diff(before, after))
				}
			}
			if got := w.do(r.good(w, route)); got.Code != 200 {
				t.Errorf("the good request: %d %s", got.Code, got.Body)
			}
		})
	}
}

// checkKinds fails if a kind of fault is neither made nor excused.
func (r *row) checkKinds(t *testing.T, faults []fault) {
	t.Helper()
	for prefix, excuse := range map[string]string{
		"missing": r.noMissing, "wrong type": r.noTyped, "too long": r.noLong,
		"bad UTF-8": r.noText, "foreign room": r.noForeign, "expired token": r.noToken,
	} {
		isMade := slices.ContainsFunc(faults, func(f fault) bool { return strings.HasPrefix(f.name, prefix) })
		if isMade == (excuse != "") {
			t.Errorf("%s: made %t, excuse %q", prefix, isMade, excuse)
		}
	}
}
