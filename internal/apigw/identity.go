package apigw

import (
	"fmt"
	"strconv"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// Kind is what a connection speaks.
type Kind string

// The kinds of connections.
const (
	KindMaru    Kind = "v1"      // maru.v1: frames both ways
	KindClassic Kind = "classic" // the chat that this project began from: objects out
)

// Identity is what the authorizer found out about a connection. It travels as
// the authorizer's context of every later event of that connection, as strings:
// API Gateway carries nothing else in one.
type Identity struct {
	Kind Kind
	User chat.UserID
	// ExpiresAt is when the token runs out, in whole seconds; zero for never.
	ExpiresAt time.Time
	// Room is the one room of a classic connection; chat.ClassicName gives the
	// names that it came with.
	Room chat.RoomID
}

// Names within the authorizer's context.
const (
	contextKind    = "kind"
	contextUser    = "user"
	contextExpires = "expires" // Unix seconds; absent for never
	contextRoom    = "room"    // of classic connections
)

// context is the identity as the authorizer's context.
func (i *Identity) context() map[string]string {
	values := map[string]string{contextKind: string(i.Kind), contextUser: string(i.User)}
	if !i.ExpiresAt.IsZero() {
		values[contextExpires] = strconv.FormatInt(i.ExpiresAt.Unix(), 10)
	}
	if i.Kind == KindClassic {
		values[contextRoom] = string(i.Room)
	}
	return values
}

// identityOf reads the authorizer's context of an event. An event without one
// has no identity, which is CodeUnauthenticated: nobody is guessed.
func identityOf(values map[string]any) (Identity, error) {
	text := func(name string) string {
		value, _ := values[name].(string)
		return value
	}
	i := Identity{
		Kind: Kind(text(contextKind)), User: chat.UserID(text(contextUser)), Room: chat.RoomID(text(contextRoom)),
	}
	isKnown := i.Kind == KindMaru || i.Kind == KindClassic && i.Room.IsClassic() && i.Room.Valid()
	if !isKnown || !i.User.Valid() {
		return Identity{}, chat.Errorf(chat.CodeUnauthenticated, "the connection has no identity")
	}
	if expires := text(contextExpires); expires != "" {
		seconds, err := strconv.ParseInt(expires, 10, 64)
		if err != nil {
			return Identity{}, chat.Wrap(err, chat.CodeUnauthenticated, fmt.Sprintf("read %q as an expiry", expires))
		}
		i.ExpiresAt = time.Unix(seconds, 0).UTC()
	}
	return i, nil
}
