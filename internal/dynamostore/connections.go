package dynamostore

import (
	"context"
	"strings"

	"github.com/maru-chat/maru/internal/chat"
)

// A connection is stored under its user, and each room that it listens to under the
// connection, so that all its rows are found when it ends.

const (
	connectionPrefix = "C#"
	listensPrefix    = "A#"
)

func connectionKey(user chat.UserID, conn chat.ConnID) key {
	return key{userPartition(user), connectionPrefix + string(conn)}
}

func connectionPartition(conn chat.ConnID) string { return connectionPrefix + string(conn) }

func listensKey(conn chat.ConnID, room chat.RoomID) key {
	return key{connectionPartition(conn), listensPrefix + string(room)}
}

// ifStanding is the condition that the row exists.
var ifStanding = []condition{{name: attrExpires, is: greater, value: number(0)}}

// SaveConnection stores a connection as such.
func (s *Store) SaveConnection(ctx context.Context, r Row) error {
	return s.write(ctx, "save a connection of "+string(r.User), change{put: rowItem(connectionKey(r.User, r.Conn), &r)})
}

// ConnectionsOf lists the user's connections, void rows included; strongly
// consistent.
func (s *Store) ConnectionsOf(ctx context.Context, user chat.UserID) ([]Row, error) {
	var rows []Row
	err := s.each(ctx, allOf(userPartition(user), connectionPrefix, ""), func(it item) bool {
		r := rowOf(it)
		r.User, r.Conn = user, chat.ConnID(strings.TrimPrefix(it.text(sortKey), connectionPrefix))
		rows = append(rows, r)
		return true
	})
	return rows, err
}

// RemoveConnection removes the connection and, if it was still there, its
// listeners in all rooms. The rows by which the listeners are found are left to
// expire, which costs nothing.
func (s *Store) RemoveConnection(ctx context.Context, user chat.UserID, conn chat.ConnID) error {
	_, isMade, err := s.change(ctx, change{key: connectionKey(user, conn), isErased: true, only: ifStanding})
	if err != nil || !isMade {
		return chat.Wrap(err, chat.CodeUnavailable, "remove "+string(conn))
	}
	return s.eachListener(ctx, conn, func(k key) change { return change{key: k, isErased: true} })
}

// HideConnection says of all listeners of the connection whether somebody looks
// at its page.
func (s *Store) HideConnection(ctx context.Context, conn chat.ConnID, isHidden bool) error {
	clauses := []clause{remove(attrHidden)}
	if isHidden {
		clauses = []clause{set(attrHidden, flag())}
	}
	return s.eachListener(ctx, conn, func(k key) change {
		return change{key: k, clauses: clauses, only: ifStanding}
	})
}

// eachListener makes a change to each of the connection's listeners.
func (s *Store) eachListener(ctx context.Context, conn chat.ConnID, changing func(key) change) error {
	var changes []change
	err := s.each(ctx, allOf(connectionPartition(conn), listensPrefix, ""), func(it item) bool {
		room := chat.RoomID(strings.TrimPrefix(it.text(sortKey), listensPrefix))
		changes = append(changes, changing(listenerKey(room, conn)))
		return true
	})
	if err != nil {
		return err
	}
	return s.write(ctx, "listeners of "+string(conn), changes...)
}
