package wsserver

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
	"github.com/maru-chat/maru/internal/wire"
)

// opening is a request for a socket: a path, a query and the headers besides those of
// every upgrade. {ann} stands for a valid token.
type opening struct {
	path                   string
	query                  string
	origin, protocols, via string // via is Upgrade, "websocket" when empty
}

// fault is an opening that must be refused.
type fault struct {
	name  string
	asked opening
	code  chat.Code
}

// row is one opening that succeeds, the openings that must be refused, and the
// reasons why kinds of fault cannot be made. The columns are those of the table of
// HTTP routes.
type row struct {
	good    opening
	faults  []fault
	excuses map[string]string
}

const textTyped = "all that it takes is text"

func maruOpening(origin, protocols string) opening {
	return opening{path: Path, origin: origin, protocols: protocols}
}

func classicOpening(query string) opening {
	return opening{path: "/", query: query, origin: "https://anywhere.example"}
}

// rows has one row for each kind of socket.
var rows = map[string]row{
	"GET /socket": {
		good: maruOpening(page, "maru.v1, bearer.{ann}"),
		faults: []fault{
			{"missing upgrade", opening{path: Path, origin: page, protocols: "maru.v1, bearer.{ann}", via: "none"}, chat.CodeInvalid},
			{"missing page", maruOpening("", "maru.v1, bearer.{ann}"), chat.CodeForbidden},
			{"missing protocol", maruOpening(page, "bearer.{ann}"), chat.CodeInvalid},
			{"missing token", maruOpening(page, "maru.v1"), chat.CodeUnauthenticated},
			{"missing token after its prefix", maruOpening(page, "maru.v1, bearer."), chat.CodeUnauthenticated},
			{"too long page", maruOpening("https://"+strings.Repeat("x", 5000), "maru.v1, bearer.{ann}"), chat.CodeForbidden},
			{"too long protocol", maruOpening(page, "maru.v1"+strings.Repeat("x", 5000)+", bearer.{ann}"), chat.CodeInvalid},
			{"too long token", maruOpening(page, "maru.v1, bearer."+strings.Repeat("x", 5000)), chat.CodeUnauthenticated},
			{"bad UTF-8 in the page", maruOpening(page+"\xff", "maru.v1, bearer.{ann}"), chat.CodeForbidden},
			{"bad UTF-8 in the protocol", maruOpening(page, "maru.v1\xff, bearer.{ann}"), chat.CodeInvalid},
			{"bad UTF-8 in the token", maruOpening(page, "maru.v1, bearer.{ann}\xff"), chat.CodeUnauthenticated},
			{"expired token", maruOpening(page, "maru.v1, bearer.expired"), chat.CodeUnauthenticated},
		},
		excuses: map[string]string{"wrong type": textTyped, "foreign room": "no room is named"},
	},
	"GET /?room_id=&user_id=": {
		good: classicOpening("room_id=classic&user_id=u"),
		faults: []fault{
			{"missing room_id", classicOpening("user_id=u"), chat.CodeInvalid},
			{"missing user_id", classicOpening("room_id=classic"), chat.CodeInvalid},
			{"missing room_id below a stage", opening{path: "/dev", query: "user_id=u", origin: "https://anywhere.example"}, chat.CodeInvalid},
			{"missing text of room_id", classicOpening("room_id=&user_id=u"), chat.CodeInvalid},
			{"too long room_id", classicOpening("room_id=" + strings.Repeat("x", chat.MaxClassicName+1) + "&user_id=u"), chat.CodeInvalid},
			{"too long user_id", classicOpening("room_id=classic&user_id=" + strings.Repeat("x", 5000)), chat.CodeInvalid},
			{"bad UTF-8 in room_id", classicOpening("room_id=%ff&user_id=u"), chat.CodeInvalid},
			{"bad UTF-8 in user_id", classicOpening("room_id=classic&user_id=%ed%a0%80"), chat.CodeInvalid},
			{"bad UTF-8 that is half an escape", classicOpening("room_id=classic%f&user_id=u"), chat.CodeInvalid},
		},
		excuses: map[string]string{
			"wrong type": textTyped, "foreign room": "a classic room_id names classic rooms only",
			"expired token": "it needs no token",
		},
	},
}

func TestServer_every_kind_of_socket_has_a_row(t *testing.T) {
	t.Parallel()
	var kinds []string
	for _, o := range openers {
		kinds = append(kinds, o.pattern)
	}
	slices.Sort(kinds)
	if diff := cmp.Diff(kinds, slices.Sorted(maps.Keys(rows))); diff != "" {
		t.Errorf("kinds of sockets (-) and rows (+):\n%s", diff)
	}
}

// TestServer_refuses sends each kind of socket every kind of fault: each gets a
// clear error and changes nothing. At the end the good opening succeeds.
func TestServer_refuses(t *testing.T) {
	t.Parallel()
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r.checkKinds(t)
			h := newHome(t)
			ann := h.signIn(t, "Ann")
			before := h.state(t)
			for _, f := range r.faults {
				t.Run(f.name, func(t *testing.T) {
					res, p := h.ask(t, ann, f.asked)
					if p.Code != f.code || p.Detail == "" || p.Status != res.StatusCode || res.StatusCode != wire.Statuses[f.code] {
						t.Errorf("%s, %+v; want the code %s in a whole problem", res.Status, p, f.code)
					}
					if strings.Contains(p.Detail, "xxxx") {
						t.Errorf("what was sent is repeated: %s", p.Detail)
					}
					if diff := cmp.Diff(before, h.state(t)); diff != "" {
						t.Fatalf("changed\n%s", diff)
					}
				})
			}
			if res, p := h.ask(t, ann, r.good); res.StatusCode != http.StatusSwitchingProtocols {
				t.Errorf("what is good: %s, %+v", res.Status, p)
			}
		})
	}
}

// checkKinds fails if a kind of fault is neither made nor excused.
func (r *row) checkKinds(t *testing.T) {
	t.Helper()
	for _, kind := range []string{"missing", "wrong type", "too long", "bad UTF-8", "foreign room", "expired token"} {
		isMade := slices.ContainsFunc(r.faults, func(f fault) bool { return strings.HasPrefix(f.name, kind) })
		if isMade == (r.excuses[kind] != "") {
			t.Errorf("%s: made %t, excuse %q", kind, isMade, r.excuses[kind])
		}
	}
}

// ask requests a socket and decodes the refusal, if it is refused. A socket that
// opens is closed at the end of the test.
func (h *home) ask(t *testing.T, ann chat.User, o opening) (*http.Response, wire.Problem) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.URL = &url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: o.path, RawQuery: o.query}
	r.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
	}
	if o.via != "" {
		r.Header.Set("Upgrade", o.via)
	}
	if o.origin != "" {
		r.Header.Set("Origin", o.origin)
	}
	if o.protocols != "" {
		r.Header.Set("Sec-Websocket-Protocol", strings.ReplaceAll(o.protocols, "{ann}", string(ann.ID)))
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	var p wire.Problem
	if res.StatusCode != http.StatusSwitchingProtocols {
		if err := json.NewDecoder(res.Body).Decode(&p); err != nil || res.Header.Get("Content-Type") != wire.ProblemType {
			t.Errorf("%s, %v: no problem: %v", res.Status, res.Header, err)
		}
	}
	return res, p
}

// state is all that a request for a socket could change.
func (h *home) state(t *testing.T) map[string]any {
	t.Helper()
	room, err := chat.ClassicRoom("classic")
	if err != nil {
		t.Fatal(err)
	}
	user, err := chat.ClassicUser("u")
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]any{"connections": h.hub.Connections()}
	add := func(what string, v any, err error) { kept[what] = fmt.Sprint(v, err) }
	page, err := h.faults.Read(t.Context(), room, chat.Cursor{}, chat.MaxPage)
	add("log", page, err)
	rooms, err := h.faults.Public(t.Context(), "", 10)
	add("rooms", rooms, err)
	account, err := h.faults.User(t.Context(), user)
	add("user", account, err)
	return kept
}
