package apigw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Tokens verifies tokens: it returns whose token it is. A refusal is
// CodeUnauthenticated; any other code says that the token could not be verified.
type Tokens interface {
	Verify(ctx context.Context, token string) (user chat.UserID, expiresAt time.Time, err error)
}

// Authorizer is the REQUEST authorizer of the WebSocket API's route $connect: it
// finds out which user opens a socket, and from which page. Whether the user is
// banned is read by [Socket], after it has written the connection's row: a ban is
// either seen there or finds the row. It is a lambda.Handler and safe for
// concurrent use. All its fields but Classic must be set.
type Authorizer struct {
	Tokens Tokens
	// Origins are the pages that maru.v1 sockets may come from, in the form
	// that browsers send.
	Origins []string
	// Classic lets in the sockets of the classic API, from any page.
	Classic bool
	Log     *slog.Logger
}

// connectRequest is what an authorizer needs of an event:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
type connectRequest struct {
	MethodARN         string              `json:"methodArn"`
	Headers           map[string]string   `json:"headers"` // the last of repeated ones
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Query             map[string]string   `json:"queryStringParameters"`
	RequestContext    struct {
		ConnectionID string `json:"connectionId"`
	} `json:"requestContext"`
}

// permission is what an authorizer answers: at most 8 KB.
type permission struct {
	PrincipalID    string            `json:"principalId"`
	PolicyDocument policy            `json:"policyDocument"`
	Context        map[string]string `json:"context,omitempty"`
}

type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Action   string
	Effect   string
	Resource string
}

const (
	allow = "Allow"
	deny  = "Deny"
)

func newPermission(principal, effect, arn string, values map[string]string) permission {
	return permission{
		PrincipalID: principal,
		PolicyDocument: policy{
			Version:   "2012-10-17",
			Statement: []statement{{Action: "execute-api:Invoke", Effect: effect, Resource: arn}},
		},
		Context: values,
	}
}

// errUnauthorized makes API Gateway answer 401: it looks for exactly this text.
var errUnauthorized = errors.New("Unauthorized")

// errUndecided makes API Gateway answer 500, as any other text does.
var errUndecided = errors.New("not known whether this connection may be opened")

// nobody is the principal of a refused connection.
const nobody = "nobody"

// Invoke answers one event with a permission for its route. A caller without a
// valid token gets 401, one that may not connect 403, and one that cannot be
// verified now 500, after which the browser tries again.
func (a *Authorizer) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, cancel := beforeDeadline(ctx)
	defer cancel()
	var event connectRequest
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, fmt.Errorf("read an authorizer's event: %w", err)
	}
	if event.MethodARN == "" {
		return nil, errors.New("read an authorizer's event: it has no methodArn")
	}
	identity, err := a.identify(ctx, &event)
	if err == nil {
		return json.Marshal(newPermission(string(identity.User), allow, event.MethodARN, identity.context()))
	}
	code := chat.CodeOf(err)
	a.logRefusal(ctx, &event, code, err)
	switch status := wire.Statuses[code]; {
	case code == chat.CodeUnauthenticated:
		return nil, errUnauthorized
	case status >= http.StatusInternalServerError:
		return nil, errUndecided
	default:
		return json.Marshal(newPermission(nobody, deny, event.MethodARN, nil))
	}
}

func (a *Authorizer) logRefusal(ctx context.Context, event *connectRequest, code chat.Code, err error) {
	level := slog.LevelDebug
	if wire.Statuses[code] >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	a.Log.Log(ctx, level, "socket refused", "conn", event.RequestContext.ConnectionID, "code", code, "err", err)
}

// identify finds out who opens the socket. A socket that offers no subprotocol and
// names a room is of the classic API.
func (a *Authorizer) identify(ctx context.Context, event *connectRequest) (Identity, error) {
	offered := event.subprotocols()
	if len(offered) == 0 && event.Query["room_id"] != "" {
		return a.identifyClassic(event)
	}
	return a.identifyMaru(ctx, event, offered)
}

// identifyMaru lets in a maru.v1 socket from an allowed page, with a token among the
// subprotocols.
func (a *Authorizer) identifyMaru(ctx context.Context, event *connectRequest, offered []string) (Identity, error) {
	if origin := strings.ToLower(event.header("Origin")); !slices.Contains(a.Origins, origin) {
		return Identity{}, chat.Errorf(chat.CodeForbidden, "this page may not open a socket here")
	}
	token, err := tokenOf(offered)
	if err != nil {
		return Identity{}, err
	}
	user, expiresAt, err := a.Tokens.Verify(ctx, token)
	return Identity{Kind: KindMaru, User: user, ExpiresAt: expiresAt}, err
}

// identifyClassic lets in a socket that names a room and a user. [Socket] then joins
// the room, or refuses the connection.
func (a *Authorizer) identifyClassic(event *connectRequest) (Identity, error) {
	if !a.Classic {
		return Identity{}, chat.Errorf(chat.CodeForbidden, "the classic API is switched off")
	}
	room, err := chat.ClassicRoom(event.Query["room_id"])
	if err != nil {
		return Identity{}, err
	}
	user, err := chat.ClassicUser(event.Query["user_id"])
	if err != nil {
		return Identity{}, err
	}
	return Identity{Kind: KindClassic, User: user, Room: room}, nil
}

const bearerPrefix = "bearer."

// tokenOf reads the token that was offered beside maru.v1.
func tokenOf(offered []string) (string, error) {
	if !slices.Contains(offered, wire.Subprotocol) {
		return "", chat.Errorf(chat.CodeInvalid, "offer the subprotocol %s", wire.Subprotocol)
	}
	for _, protocol := range slices.Backward(offered) {
		if token, isToken := strings.CutPrefix(protocol, bearerPrefix); isToken && token != "" {
			return token, nil
		}
	}
	return "", chat.Errorf(chat.CodeUnauthenticated, "sign in first: offer bearer.TOKEN beside %s", wire.Subprotocol)
}

// header returns the first value of a header, whatever the case of its name:
// API Gateway leaves it as the client wrote it.
func (e *connectRequest) header(name string) string {
	values := e.values(name)
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

func (e *connectRequest) values(name string) []string {
	var values []string
	for _, written := range slices.Sorted(maps.Keys(e.MultiValueHeaders)) {
		if strings.EqualFold(written, name) {
			values = append(values, e.MultiValueHeaders[written]...)
		}
	}
	if len(values) > 0 {
		return values
	}
	for _, written := range slices.Sorted(maps.Keys(e.Headers)) {
		if strings.EqualFold(written, name) {
			values = append(values, e.Headers[written])
		}
	}
	return values
}

// subprotocols lists what the client offered, in its order.
func (e *connectRequest) subprotocols() []string {
	var offered []string
	for _, header := range e.values("Sec-WebSocket-Protocol") {
		for protocol := range strings.SplitSeq(header, ",") {
			if protocol = strings.TrimSpace(protocol); protocol != "" {
				offered = append(offered, protocol)
			}
		}
	}
	return offered
}
