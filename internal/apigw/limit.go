package apigw

import (
	"context"
	"slices"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// makeWay closes the oldest connections of a user who has more than most, with the
// reason that idle connections get: their pages reconnect when somebody looks at
// them. To refuse the new connection would shut out the page that the user looks at
// now. Classic users have no bound: anybody may claim to be one, and must not be
// able to close another's connections.
func (a *Audience) makeWay(ctx context.Context, user chat.UserID, most int) error {
	if most == 0 || user.IsClassic() {
		return nil
	}
	rows, err := a.connections.ConnectionsOf(ctx, user)
	if err != nil {
		return chat.Wrap(err, chat.CodeUnavailable, "connections of "+string(user))
	}
	rows = slices.DeleteFunc(rows, func(r Row) bool { return !r.isAlive(a.now()) })
	if len(rows) <= most {
		return nil
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return a.ConnectedAt.Compare(b.ConnectedAt) })
	oldest := rows[:len(rows)-most]
	goodbye := [][]byte{wire.Encode(&wire.ConnectionClosing{Reason: wire.ReasonIdle})}
	var pushes []push
	for _, r := range oldest {
		pushes = append(pushes, push{to: r, messages: goodbye})
	}
	a.deliverDirect(ctx, pushes)
	a.hangUpOn(ctx, oldest)
	return nil
}
