package sqlitestore

import (
	"context"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// memberKey names one membership.
type memberKey struct {
	room chat.RoomID
	user chat.UserID
}

const memberColumns = "m.user, m.name, m.role, m.joined_at, m.touched, m.named"

func readMemberRow(row *sqlite.Stmt, room chat.RoomID) chat.Member {
	m := chat.Member{
		Room: room, User: chat.UserID(row.ColumnText(0)), Name: row.ColumnText(1), Role: chat.Role(row.ColumnText(2)),
		Touched: chat.Seq(row.ColumnInt64(4)), Named: chat.Seq(row.ColumnInt64(5)),
	}
	if !row.ColumnIsNull(3) {
		m.JoinedAt = fromMillis(row.ColumnInt64(3))
	}
	return m
}

// readMember returns a membership without role and name for a user who never was
// a member.
func readMember(conn *sqlite.Conn, key int64, room chat.RoomID, user chat.UserID) (chat.Member, error) {
	m := chat.Member{Room: room, User: user}
	err := query(conn, "SELECT "+memberColumns+" FROM members m WHERE m.room = ? AND m.user = ?",
		func(row *sqlite.Stmt) (bool, error) {
			m = readMemberRow(row, room)
			return false, nil
		}, key, string(user))
	return m, err
}

func saveMember(conn *sqlite.Conn, key int64, m *chat.Member) error {
	var joinedAt any
	if m.JoinedAt != (time.Time{}) {
		joinedAt = m.JoinedAt.UnixMilli()
	}
	return exec(conn, `INSERT OR REPLACE INTO members (room, user, name, role, joined_at, touched, named)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		key, string(m.User), m.Name, string(m.Role), joinedAt, int64(m.Touched), int64(m.Named))
}

// FindMembers implements chat.Members.
func (s *Store) FindMembers(ctx context.Context, room chat.RoomID, users ...chat.UserID) ([]chat.Member, error) {
	if err := ctx.Err(); err != nil {
		return nil, failed(chat.Wrap(err, chat.CodeUnavailable, "not begun"), "members of room %s", room)
	}
	found := make([]chat.Member, len(users))
	turns := make([]uint64, len(users))
	missing := false
	for i, user := range users {
		var isKnown bool
		found[i], turns[i], isKnown = s.members.get(memberKey{room, user})
		missing = missing || !isKnown
	}
	if !missing {
		return found, nil
	}
	// All of them are read, so that they are of one moment.
	err := s.reads.snapshot(ctx, func(conn *sqlite.Conn) error {
		key, err := roomKey(conn, room)
		for i := 0; err == nil && i < len(users); i++ {
			found[i], err = readMember(conn, key, room, users[i])
		}
		return err
	})
	if err != nil {
		return nil, failed(err, "members of room %s", room)
	}
	for i, user := range users {
		s.members.offer(memberKey{room, user}, found[i], turns[i])
	}
	return found, nil
}

// ListMembers implements chat.Members.
func (s *Store) ListMembers(ctx context.Context, room chat.RoomID, after chat.UserID, limit int) (members []chat.Member, err error) {
	err = s.reads.read(ctx, func(conn *sqlite.Conn) error {
		return query(conn, "SELECT "+memberColumns+` FROM members m
			WHERE m.room = (SELECT key FROM rooms WHERE id = ?) AND m.user > ? AND m.role <> '' ORDER BY m.user LIMIT ?`,
			func(row *sqlite.Stmt) (bool, error) {
				members = append(members, readMemberRow(row, room))
				return true, nil
			}, string(room), string(after), limit)
	})
	return members, failed(err, "members of room %s after %q", room, after)
}

// RoomsOf implements chat.Members.
func (s *Store) RoomsOf(ctx context.Context, user chat.UserID) (members []chat.Member, err error) {
	err = s.reads.read(ctx, func(conn *sqlite.Conn) error {
		return query(conn, "SELECT "+memberColumns+`, r.id FROM members m INDEXED BY members_by_user
			JOIN rooms r ON r.key = m.room WHERE m.user = ? AND m.role <> '' AND r.is_deleted = 0`,
			func(row *sqlite.Stmt) (bool, error) {
				members = append(members, readMemberRow(row, chat.RoomID(row.ColumnText(6))))
				return true, nil
			}, string(user))
	})
	if err != nil {
		return nil, failed(err, "rooms of user %s", user)
	}
	return chat.CutRooms(members), nil
}
