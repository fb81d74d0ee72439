package apigw

import (
	"context"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// RowLife is how long the rows of a connection are valid, counted from its connect;
// they are never refreshed. API Gateway ends a connection after two hours.
const RowLife = 2*time.Hour + 5*time.Minute

// Row is one connection: as such, or as a listener of a room.
type Row struct {
	// Room is where the connection listens; empty for the connection as such.
	Room chat.RoomID
	User chat.UserID
	Conn chat.ConnID
	Kind Kind
	// IsHidden says that nobody looks at the page; only a listener's row has it.
	IsHidden bool
	// ConnectedAt is in whole milliseconds.
	ConnectedAt time.Time
	// ExpiresAt is RowLife after the connect or, if that is earlier, when the
	// token runs out; in whole seconds. A store may return a row that has
	// expired: it removes them late.
	ExpiresAt time.Time
}

func (r *Row) isAlive(now time.Time) bool { return now.Before(r.ExpiresAt) }

// ConnectionRows keeps which connections each user has. A method that fails
// reports chat.CodeUnavailable and may be called again. Reads are strongly
// consistent.
type ConnectionRows interface {
	// SaveConnection stores a connection as such. Idempotent.
	SaveConnection(ctx context.Context, r Row) error
	// ConnectionsOf lists the user's connections.
	ConnectionsOf(ctx context.Context, user chat.UserID) ([]Row, error)
	// RemoveConnection removes the connection, and its listeners in all rooms if
	// the connection was still there: so that of many who meet a dead one, one
	// does the work. Idempotent.
	RemoveConnection(ctx context.Context, user chat.UserID, conn chat.ConnID) error
	// HideConnection sets IsHidden of all listeners of the connection.
	HideConnection(ctx context.Context, conn chat.ConnID, isHidden bool) error
}

// ListenerRows keeps which connections listen to a room, and which users were lately
// removed from it. Errors and consistency are those of ConnectionRows.
type ListenerRows interface {
	// SaveListener stores a listener. Idempotent.
	SaveListener(ctx context.Context, r Row) error
	// RemoveListener removes it. Idempotent.
	RemoveListener(ctx context.Context, room chat.RoomID, conn chat.ConnID) error
	// Page lists at most limit listeners of the room, those that follow the
	// connection after (empty: from the first) in an order of the store's own.
	Page(ctx context.Context, room chat.RoomID, after chat.ConnID, limit int) (Page, error)
	// EvictedAt returns the entry that removed the user from the room, 0 when
	// the user has joined again since, or was not removed within RowLife.
	EvictedAt(ctx context.Context, room chat.RoomID, user chat.UserID) (chat.Seq, error)
}

// Page is a run of a room's listeners.
type Page struct {
	Listeners []Row
	// Evicted are, on a first page, all users removed within RowLife who have
	// not joined again, each with the entry that removed them.
	Evicted map[chat.UserID]chat.Seq
	// Next is the connection after which the next page begins; empty on the last.
	Next chat.ConnID
}
