package sqlitestore

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

const roomColumns = "id, title, visibility, topic, created_at, pins, members, owners, is_deleted, touched"

func readRoom(row *sqlite.Stmt) (chat.Room, error) {
	r := chat.Room{
		ID: chat.RoomID(row.ColumnText(0)), Title: row.ColumnText(1), Visibility: chat.Visibility(row.ColumnText(2)),
		Topic: row.ColumnText(3), CreatedAt: fromMillis(row.ColumnInt64(4)),
		Members: row.ColumnInt(6), Owners: row.ColumnInt(7), IsDeleted: row.ColumnBool(8), Touched: chat.Seq(row.ColumnInt64(9)),
	}
	for _, pin := range strings.Fields(row.ColumnText(5)) {
		seq, err := strconv.ParseInt(pin, 10, 64)
		if err != nil {
			return r, fmt.Errorf("pins of room %s: %w", r.ID, err)
		}
		r.Pins = append(r.Pins, chat.Seq(seq))
	}
	return r, nil
}

func readRoomByKey(conn *sqlite.Conn, key int64) (room chat.Room, err error) {
	err = query(conn, "SELECT "+roomColumns+" FROM rooms WHERE key = ?", func(row *sqlite.Stmt) (bool, error) {
		room, err = readRoom(row)
		return false, err
	}, key)
	return room, err
}

// updateRoom writes the room's row, which newRoom made.
func updateRoom(conn *sqlite.Conn, key int64, r *chat.Room) error {
	pins := make([]string, len(r.Pins))
	for i, pin := range r.Pins {
		pins[i] = strconv.FormatInt(int64(pin), 10)
	}
	return exec(conn, `UPDATE rooms SET title = ?, visibility = ?, topic = ?, created_at = ?, pins = ?,
		members = ?, owners = ?, is_deleted = ?, touched = ? WHERE key = ?`,
		r.Title, string(r.Visibility), r.Topic, r.CreatedAt.UnixMilli(), strings.Join(pins, " "),
		r.Members, r.Owners, r.IsDeleted, int64(r.Touched), key)
}

// FindRooms implements chat.Rooms.
func (s *Store) FindRooms(ctx context.Context, ids ...chat.RoomID) ([]chat.Room, error) {
	rooms := make([]chat.Room, len(ids))
	err := s.reads.snapshot(ctx, func(conn *sqlite.Conn) error {
		for i, id := range ids {
			err := query(conn, "SELECT "+roomColumns+" FROM rooms WHERE id = ?", func(row *sqlite.Stmt) (_ bool, err error) {
				rooms[i], err = readRoom(row)
				return false, err
			}, string(id))
			if err != nil {
				return failed(err, "room %s", id)
			}
		}
		return nil
	})
	if err != nil {
		return nil, failed(err, "find %d rooms", len(ids))
	}
	return rooms, nil
}

// Public implements chat.Rooms.
func (s *Store) Public(ctx context.Context, after chat.RoomID, limit int) (rooms []chat.Room, err error) {
	err = s.reads.read(ctx, func(conn *sqlite.Conn) error {
		return query(conn, "SELECT "+roomColumns+` FROM rooms
			WHERE visibility = 'public' AND is_deleted = 0 AND id > ? ORDER BY id LIMIT ?`,
			func(row *sqlite.Stmt) (bool, error) {
				room, err := readRoom(row)
				rooms = append(rooms, room)
				return true, err
			}, string(after), limit)
	})
	return rooms, failed(err, "public rooms after %q", after)
}

// Post implements chat.Rooms.
func (s *Store) Post(ctx context.Context, room chat.RoomID, seq chat.Seq) (chat.Post, error) {
	var posts []chat.Post
	err := s.reads.snapshot(ctx, func(conn *sqlite.Conn) error {
		key, err := roomKey(conn, room)
		if err != nil {
			return err
		}
		err = query(conn, "SELECT "+entryColumns+" FROM entries e WHERE e.room = ? AND e.seq = ? AND e.kind = 'posted'",
			func(row *sqlite.Stmt) (bool, error) {
				post, err := readPost(row, room)
				posts = append(posts, post)
				return false, err
			}, key, int64(seq))
		if err != nil {
			return err
		}
		return readStates(conn, key, posts)
	})
	switch {
	case err != nil:
		return chat.Post{}, failed(err, "post %d of room %s", seq, room)
	case len(posts) == 0:
		return chat.Post{}, chat.Errorf(chat.CodeNotFound, "no such message")
	}
	return posts[0], nil
}
