package wsserver

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/session"
	"github.com/maru-chat/maru/internal/wire"
)

// Tokens verifies tokens.
type Tokens interface {
	// Verify returns whose token it is and when it expires; every refusal is
	// CodeUnauthenticated.
	Verify(ctx context.Context, token string) (user chat.UserID, expiresAt time.Time, err error)
}

// Session carries out the frames of one message, as [session.Handler] does. The
// error is for the log.
type Session interface {
	Handle(ctx context.Context, peer session.Peer, message []byte) ([][]byte, error)
}

// Options are the dependencies and settings of a Server. All but Classic must be
// set.
type Options struct {
	Hub     *Hub
	Service *chat.Service
	Session Session
	Tokens  Tokens
	// Origins are the origins of the pages that may open maru.v1 sockets, in the
	// form that browsers send.
	Origins []string
	// Classic turns on the sockets of the classic API, for pages of any origin.
	Classic bool
	Log     *slog.Logger
}

// Server upgrades requests to sockets and hands them to the hub. It is safe for
// concurrent use.
type Server struct{ Options }

// NewServer returns a Server.
func NewServer(options Options) *Server {
	return &Server{options}
}

// Path is where maru.v1 sockets are opened.
const Path = "/socket"

// opener opens one kind of socket.
type opener struct {
	pattern string // of the requests that ask for it, for people
	asked   func(s *Server, r *http.Request) bool
	open    func(s *Server, w http.ResponseWriter, r *http.Request) error
}

// openers has one for each kind of socket. The first that is asked opens it.
var openers = []opener{
	{"GET " + Path, isMaru, (*Server).openMaru},
	{"GET /?room_id=&user_id=", isClassic, (*Server).openClassic},
}

func isMaru(_ *Server, r *http.Request) bool { return r.URL.Path == Path }

func isClassic(s *Server, r *http.Request) bool {
	return s.Classic && isUpgrade(r) && isClassicPath(r.URL.Path)
}

// Handler takes the requests that ask for a socket and passes all others on.
func (s *Server) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := slices.IndexFunc(openers, func(o opener) bool { return o.asked(s, r) })
		if i < 0 {
			next.ServeHTTP(w, r)
			return
		}
		s.attempt(w, r, openers[i])
	})
}

func isUpgrade(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") }

// attempt opens a socket or answers why not.
func (s *Server) attempt(w http.ResponseWriter, r *http.Request, o opener) {
	err := o.open(s, w, r)
	if err == nil {
		return
	}
	level := slog.LevelDebug
	if chat.CodeOf(err) == chat.CodeInternal {
		level = slog.LevelError
	}
	s.Log.Log(r.Context(), level, "socket refused", "path", r.URL.Path, "code", chat.CodeOf(err), "err", err)
	refuse(w, err)
}

// openMaru opens a maru.v1 socket. It requires an accepted origin, a token among
// the subprotocols, and a user who is not banned.
func (s *Server) openMaru(w http.ResponseWriter, r *http.Request) error {
	if !isUpgrade(r) {
		return chat.Errorf(chat.CodeInvalid, "this address is for WebSockets")
	}
	if origin := r.Header.Get("Origin"); !slices.Contains(s.Origins, strings.ToLower(origin)) {
		return chat.Errorf(chat.CodeForbidden, "this page may not open a socket here")
	}
	token, err := tokenOf(r)
	if err != nil {
		return err
	}
	user, expiresAt, err := s.Tokens.Verify(r.Context(), token)
	if err != nil {
		return err
	}
	c, err := s.Hub.enter(client{user, session.Sender(r.RemoteAddr), expiresAt, maru{}, s.handle})
	if err != nil {
		return err
	}
	// The account is read after the connection is known to the hub: a ban either
	// shows here or finds the connection.
	if _, err := s.Service.Account(r.Context(), user); err != nil {
		s.Hub.leave(c)
		return err
	}
	s.upgrade(w, r, c, wire.Subprotocol)
	return nil
}

// handle answers one message of a maru.v1 socket.
func (s *Server) handle(ctx context.Context, c *connection, message []byte) [][]byte {
	answers, err := s.Session.Handle(ctx, c.peer(), message)
	if err != nil {
		s.Log.ErrorContext(ctx, "message failed", "conn", c.id, "user", c.user, "err", err)
	}
	return answers
}

const bearerPrefix = "bearer."

// tokenOf returns the token that was offered beside maru.v1.
func tokenOf(r *http.Request) (string, error) {
	var token string
	var hasProtocol bool
	for _, header := range r.Header["Sec-Websocket-Protocol"] {
		for offered := range strings.SplitSeq(header, ",") {
			offered = strings.TrimSpace(offered)
			hasProtocol = hasProtocol || offered == wire.Subprotocol
			if rest, isToken := strings.CutPrefix(offered, bearerPrefix); isToken {
				token = rest
			}
		}
	}
	if !hasProtocol {
		return "", chat.Errorf(chat.CodeInvalid, "offer the subprotocol %s", wire.Subprotocol)
	}
	if token == "" {
		return "", chat.Errorf(chat.CodeUnauthenticated, "sign in first: offer bearer.TOKEN beside %s", wire.Subprotocol)
	}
	return token, nil
}

// upgradeWait is how long the answer to an upgrade may take to be written.
const upgradeWait = 5 * time.Second

// upgrade takes the stream over from net/http and starts c with it. It answers
// failures itself.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, c *connection, protocol string) {
	upgrader := ws.HTTPUpgrader{Timeout: upgradeWait}
	if protocol != "" {
		upgrader.Protocol = func(offered string) bool { return offered == protocol }
	}
	stream, rw, _, err := upgrader.Upgrade(r, w)
	if err != nil {
		s.Hub.leave(c)
		s.Log.DebugContext(r.Context(), "socket refused", "path", r.URL.Path, "err", err)
		if stream != nil {
			_ = stream.Close() // the refusal has been written
		}
		return
	}
	early, _ := rw.Reader.Peek(rw.Reader.Buffered()) // what is buffered can be peeked at
	c.start(s.Hub.takeOver(stream, early))
}

// refuse answers with a problem, as the HTTP API does. Browsers hide it from pages;
// it is for other clients and for people who write them.
func refuse(w http.ResponseWriter, err error) {
	p := wire.ProblemOf(err)
	p.Title = http.StatusText(p.Status)
	for name, value := range p.Headers() {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Type", wire.ProblemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that is gone needs no answer
}
