package apigw

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/session"
	"github.com/maru-chat/maru/internal/wire"
)

// Session carries out the frames of one message; *session.Handler satisfies it. The
// error is for the log.
type Session interface {
	Handle(ctx context.Context, peer session.Peer, message []byte) ([][]byte, error)
}

// Socket answers the events of the WebSocket API's routes $connect, $disconnect
// and $default. It is a lambda.Handler and safe for concurrent use. All its
// fields but PerUser must be set.
type Socket struct {
	Service *chat.Service
	Session Session
	// Audience is the same that Service uses.
	Audience *Audience
	// PerUser is how many connections a user who signed in may have open; 0 for
	// no bound. One more takes the place of the oldest.
	PerUser int
	Log     *slog.Logger
}

// socketEvent is what a Socket needs of an event:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
type socketEvent struct {
	connectRequest
	RequestContext struct {
		RouteKey     string         `json:"routeKey"`
		ConnectionID string         `json:"connectionId"`
		ConnectedAt  int64          `json:"connectedAt"` // Unix milliseconds
		RequestID    string         `json:"requestId"`
		Authorizer   map[string]any `json:"authorizer"`
		Identity     struct {
			SourceIP string `json:"sourceIp"`
		} `json:"identity"`
	} `json:"requestContext"`
	Body            string `json:"body"`
	IsBase64Encoded bool   `json:"isBase64Encoded"`
}

// socketAnswer is the answer to an event. The body of one to $default is sent to
// the connection.
type socketAnswer struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers,omitempty"`
	Body       string            `json:"body,omitempty"`
}

// routes maps each route to its handler.
var routes = map[string]func(*Socket, context.Context, *exchange, *socketEvent, *Identity) (socketAnswer, error){
	"$connect":    (*Socket).connect,
	"$disconnect": (*Socket).disconnect,
	"$default":    (*Socket).receive,
}

// Invoke answers one event. The error says that the event is not one of a
// WebSocket API; every other failure is an answer.
func (s *Socket) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, cancel := beforeDeadline(ctx)
	defer cancel()
	var event socketEvent
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, fmt.Errorf("read an event of a socket: %w", err)
	}
	route, isKnown := routes[event.RequestContext.RouteKey]
	if !isKnown || event.RequestContext.ConnectionID == "" {
		return nil, fmt.Errorf("read an event of a socket: nothing is done for route %q", event.RequestContext.RouteKey)
	}
	answer, err := s.serve(ctx, route, &event)
	if err != nil {
		answer = s.refuse(ctx, &event, err)
	}
	return json.Marshal(answer)
}

func (s *Socket) serve(ctx context.Context,
	route func(*Socket, context.Context, *exchange, *socketEvent, *Identity) (socketAnswer, error), event *socketEvent,
) (socketAnswer, error) {
	identity, err := identityOf(event.RequestContext.Authorizer)
	if err != nil {
		return socketAnswer{}, err
	}
	x := &exchange{
		row:       rowOf(event, &identity),
		hasAnswer: event.RequestContext.RouteKey == "$default" && identity.Kind == KindMaru,
	}
	return route(s, withExchange(ctx, x), x, event, &identity)
}

func rowOf(event *socketEvent, identity *Identity) Row {
	connectedAt := time.UnixMilli(event.RequestContext.ConnectedAt).UTC()
	expiresAt := connectedAt.Add(RowLife).Truncate(time.Second)
	if !identity.ExpiresAt.IsZero() && identity.ExpiresAt.Before(expiresAt) {
		expiresAt = identity.ExpiresAt
	}
	return Row{
		User: identity.User, Conn: chat.ConnID(event.RequestContext.ConnectionID), Kind: identity.Kind,
		ConnectedAt: connectedAt, ExpiresAt: expiresAt,
	}
}

// refuse answers with a problem as the HTTP API does; its status refuses the
// handshake. Browsers do not show it to the page.
func (s *Socket) refuse(ctx context.Context, event *socketEvent, err error) socketAnswer {
	p := wire.ProblemOf(err)
	level := slog.LevelDebug
	if p.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.Log.Log(ctx, level, "socket refused", "route", event.RequestContext.RouteKey,
		"conn", event.RequestContext.ConnectionID, "request", event.RequestContext.RequestID, "code", p.Code, "err", err)
	p.Title = http.StatusText(p.Status)
	body, _ := json.Marshal(p) // strings and numbers
	headers := p.Headers()
	headers["Content-Type"] = wire.ProblemType
	return socketAnswer{StatusCode: p.Status, Headers: headers, Body: string(body)}
}

// connect lets a connection in. It saves the row before it reads the user: a ban is
// either seen in that read or finds the row.
func (s *Socket) connect(ctx context.Context, x *exchange, event *socketEvent, identity *Identity) (socketAnswer, error) {
	if err := s.Audience.connections.SaveConnection(ctx, x.row); err != nil {
		return socketAnswer{}, chat.Wrap(err, chat.CodeUnavailable, "save "+string(x.row.Conn))
	}
	if err := s.admit(ctx, x, event, identity); err != nil {
		s.undo(ctx, x)
		return socketAnswer{}, err
	}
	answer := socketAnswer{StatusCode: http.StatusOK}
	if slices.Contains(event.subprotocols(), wire.Subprotocol) {
		answer.Headers = map[string]string{"Sec-WebSocket-Protocol": wire.Subprotocol}
	}
	return answer, nil
}

// undo forgets a connection that is refused.
func (s *Socket) undo(ctx context.Context, x *exchange) {
	ctx, cancel := afterWork(ctx)
	defer cancel()
	err := within(ctx, rowsWait, func(ctx context.Context) error { return s.Service.Disconnect(ctx, x.row.Conn) })
	if err != nil {
		s.Log.WarnContext(ctx, "rows of a refused connection stay", "conn", x.row.Conn, "err", err)
	}
}

// admit checks that the user is in good standing, and lets a classic connection
// join the room that it came for.
func (s *Socket) admit(ctx context.Context, x *exchange, event *socketEvent, identity *Identity) error {
	if identity.Kind == KindMaru {
		if _, err := s.Service.Account(ctx, identity.User); err != nil {
			return err
		}
		return s.Audience.makeWay(ctx, identity.User, s.PerUser)
	}
	room, user, err := s.Service.ClassicJoin(ctx, chat.Classic{
		Room: chat.ClassicName(string(identity.Room)), User: chat.ClassicName(string(identity.User)),
		Address: session.Sender(event.RequestContext.Identity.SourceIP),
	})
	if err != nil {
		return err
	}
	return s.Audience.Subscribe(ctx, x.row.Conn, user, room)
}

// disconnect forgets a connection. API Gateway does not guarantee this event.
func (s *Socket) disconnect(ctx context.Context, x *exchange, _ *socketEvent, _ *Identity) (socketAnswer, error) {
	return socketAnswer{StatusCode: http.StatusOK}, s.Service.Disconnect(ctx, x.row.Conn)
}

// receive carries out a message. Messages from classic pages are accepted and
// ignored.
func (s *Socket) receive(ctx context.Context, x *exchange, event *socketEvent, identity *Identity) (socketAnswer, error) {
	if identity.Kind == KindClassic {
		return socketAnswer{StatusCode: http.StatusOK}, nil
	}
	message := []byte(event.Body)
	if event.IsBase64Encoded {
		var err error
		if message, err = base64.StdEncoding.DecodeString(event.Body); err != nil {
			return socketAnswer{}, chat.Wrap(err, chat.CodeInvalid, "read a message")
		}
	}
	peer := session.Peer{Conn: x.row.Conn, User: identity.User, ExpiresAt: identity.ExpiresAt}
	answers, err := s.Session.Handle(ctx, peer, message)
	if err != nil {
		s.Log.ErrorContext(ctx, "message failed", "conn", x.row.Conn, "user", identity.User,
			"request", event.RequestContext.RequestID, "err", err)
	}
	return socketAnswer{StatusCode: http.StatusOK, Body: s.respond(ctx, x, answers)}, nil
}

// respond returns the body of the response: what was pushed to the connection
// meanwhile, then the answers. If they need more than one message, all but the last
// are sent ahead, in order and within pushWait; the page asks for what is lost.
func (s *Socket) respond(ctx context.Context, x *exchange, answers [][]byte) string {
	messages := join(append(x.taken(), answers...))
	if len(messages) == 0 {
		return ""
	}
	last := len(messages) - 1
	ctx, cancel := afterWork(ctx)
	defer cancel()
	s.Audience.deliverDirect(ctx, []push{{to: x.row, messages: messages[:last]}})
	return string(messages[last])
}

// afterWork returns a context for what follows the work on an event: it goes on
// when the work has run out of time, for half of answerMargin.
func afterWork(ctx context.Context) (context.Context, context.CancelFunc) {
	end, isBound := ctx.Deadline()
	ctx = context.WithoutCancel(ctx)
	if !isBound {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(answerMargin/2))
}
