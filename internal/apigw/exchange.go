package apigw

import (
	"context"
	"sync"

	"github.com/maru-chat/maru/internal/chat"
)

// exchange is one event of a connection, and what its response will carry. It
// travels in the context of everything that the event causes, for two purposes:
// what is pushed to the connection meanwhile leaves with the response, in order and
// as one billed message; and what API Gateway says about the connection with every
// event need not be read from the store.
type exchange struct {
	row Row
	// hasAnswer says that the response reaches the connection.
	hasAnswer bool

	mu    sync.Mutex
	lines [][]byte
}

type exchangeKey struct{}

func withExchange(ctx context.Context, x *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

// DuringEvent returns the context that an event of the connection travels in,
// one whose response reaches nobody. [Socket] makes such contexts itself; this
// is for tests of an Audience without one.
func DuringEvent(ctx context.Context, connection Row) context.Context {
	return withExchange(ctx, &exchange{row: connection})
}

// exchangeOf returns the exchange with the connection, nil when ctx is not that of
// one of its events.
func exchangeOf(ctx context.Context, conn chat.ConnID) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	if x == nil || x.row.Conn != conn {
		return nil
	}
	return x
}

// take keeps a line for the response, and reports whether the response will carry
// it.
func (x *exchange) take(line []byte) bool {
	if x == nil || !x.hasAnswer {
		return false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.lines = append(x.lines, line)
	return true
}

// taken returns the lines that were kept.
func (x *exchange) taken() [][]byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.lines
}
