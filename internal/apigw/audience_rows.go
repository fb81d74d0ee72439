package apigw

import (
	"context"
	"slices"

	"github.com/maru-chat/maru/internal/chat"
)

// maxPresent is how many users a list of those present holds.
const maxPresent = 1000

// pageOfRows is how many listeners are read at once when all are needed; DynamoDB
// returns about as many in a page of 1 MB.
const pageOfRows = 1000

// Subscribe implements [chat.Subscriptions] for the connection whose event is
// being handled.
func (a *Audience) Subscribe(ctx context.Context, conn chat.ConnID, user chat.UserID, room chat.RoomID) error {
	x := exchangeOf(ctx, conn)
	if x == nil || x.row.User != user {
		return chat.Errorf(chat.CodeInternal, "this is not the connection's own event")
	}
	listener := x.row
	listener.Room = room
	return chat.Wrap(a.listeners.SaveListener(ctx, listener), chat.CodeUnavailable, "save a listener of "+string(room))
}

// Unsubscribe implements [chat.Subscriptions].
func (a *Audience) Unsubscribe(ctx context.Context, conn chat.ConnID, room chat.RoomID) error {
	return chat.Wrap(a.listeners.RemoveListener(ctx, room, conn), chat.CodeUnavailable, "remove a listener of "+string(room))
}

// Hidden implements [chat.Subscriptions].
func (a *Audience) Hidden(ctx context.Context, conn chat.ConnID, isHidden bool) error {
	return chat.Wrap(a.connections.HideConnection(ctx, conn, isHidden), chat.CodeUnavailable, "hide "+string(conn))
}

// Disconnect implements [chat.Subscriptions] for the connection whose event is
// being handled.
func (a *Audience) Disconnect(ctx context.Context, conn chat.ConnID) error {
	x := exchangeOf(ctx, conn)
	if x == nil {
		return chat.Errorf(chat.CodeInternal, "this is not the connection's own event")
	}
	return chat.Wrap(a.connections.RemoveConnection(ctx, x.row.User, conn), chat.CodeUnavailable, "remove "+string(conn))
}

// Present implements [chat.Audience].
func (a *Audience) Present(ctx context.Context, room chat.RoomID) ([]chat.Presence, error) {
	index := map[chat.UserID]int{}
	var present []chat.Presence
	err := a.eachPage(ctx, room, func(rows []Row, evicted map[chat.UserID]chat.Seq) (isEnough bool) {
		for _, r := range rows {
			at, isKnown := index[r.User]
			switch {
			case evicted[r.User] > 0:
			case isKnown:
				present[at].IsHidden = present[at].IsHidden && r.IsHidden
			case len(present) < maxPresent:
				index[r.User] = len(present)
				present = append(present, chat.Presence{
					User: r.User, Conn: r.Conn, IsHidden: r.IsHidden, Since: r.ConnectedAt,
				})
			}
		}
		return len(present) == maxPresent
	})
	return present, chat.Wrap(err, chat.CodeUnavailable, "listeners of "+string(room))
}

// eachPage calls take with the listeners of a room whose rows have not expired, page
// by page, and with the evictions of the room, until there are no more listeners or
// take returns true.
func (a *Audience) eachPage(ctx context.Context, room chat.RoomID,
	take func(listeners []Row, evicted map[chat.UserID]chat.Seq) (isEnough bool),
) error {
	page, err := a.listeners.Page(ctx, room, "", pageOfRows)
	evicted := page.Evicted
	for err == nil {
		isDead := func(r Row) bool { return !r.isAlive(a.now()) }
		isEnough := take(slices.DeleteFunc(page.Listeners, isDead), evicted)
		if isEnough || page.Next == "" {
			return nil
		}
		page, err = a.listeners.Page(ctx, room, page.Next, pageOfRows)
	}
	return err
}
