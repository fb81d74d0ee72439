// Package wire defines what travels on a maru.v1 socket: every frame as a Go
// type, and its JSON. It is neither the session (which calls the service) nor
// the socket (which carries bytes). HTTP answers use its [Room], [Entry] and
// [Post], so that both transports describe them in the same way.
//
// A message is one WebSocket text message. It holds one or more frames, one
// JSON object per line, handled in order. A client frame names its action, a
// server frame its type. What must always hold:
//
//   - A message is at most MaxMessage bytes in both directions, the limit of an
//     API Gateway frame. Otherwise one home could deliver what the other cannot.
//   - A malformed frame is refused, never repaired: invalid UTF-8, a lone
//     surrogate, a name that occurs twice in an object, a missing field.
//     Otherwise two readers could read one message differently.
//   - Readers ignore fields and types that they do not know. Otherwise the
//     protocol could not grow.
//   - An entry's frame depends on the entry alone. Otherwise it could not be
//     encoded once and shared by all who receive it.
//
// The schemas, the AsyncAPI description, the examples and the TypeScript types
// are generated from these types; see internal/apigen.
package wire

// Bounds of messages, in bytes where nothing else is said.
const (
	// MaxMessage bounds one message in either direction.
	MaxMessage = 32 << 10
	// MaxAnswer bounds one frame that the server makes, so that a message has
	// room for an acknowledgement beside it.
	MaxAnswer = 28 << 10
	// MaxFrames is how many frames one message may hold.
	MaxFrames = 128
	// MaxFields is how many fields one frame may have, unknown ones included:
	// the name of each is compared with all others.
	MaxFields = 64
	// MaxRef bounds the ref of a client frame.
	MaxRef = 64
)

// Subprotocol is the WebSocket subprotocol of these frames.
const Subprotocol = "maru.v1"
