package apigw

import "context"

// DuringEvent returns the context that an event of the connection travels in,
// one whose response reaches nobody.
func DuringEvent(ctx context.Context, connection Row) context.Context {
	return withExchange(ctx, &exchange{row: connection})
}
