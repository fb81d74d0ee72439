package sqlitestore

import (
	"context"
	"maps"
	"sync"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

type markKey struct {
	user chat.UserID
	room chat.RoomID
}

// markBook holds the marks that the file does not have yet. The port allows a
// mark to be lost within 3 s, so many moves of one mark become one write.
type markBook struct {
	mu     sync.Mutex
	raised map[chat.UserID]map[chat.RoomID]chat.Mark
}

// raise keeps the mark if it is higher than one that waits already.
func (b *markBook) raise(key markKey, mark chat.Mark) (rose bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.raised == nil {
		b.raised = map[chat.UserID]map[chat.RoomID]chat.Mark{}
	}
	rooms := b.raised[key.user]
	if rooms == nil {
		rooms = map[chat.RoomID]chat.Mark{}
		b.raised[key.user] = rooms
	}
	if mark.Seq <= rooms[key.room].Seq {
		return false
	}
	rooms[key.room] = mark
	return true
}

func (b *markBook) of(user chat.UserID) map[chat.RoomID]chat.Mark {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.raised[user])
}

// pending returns what waits to be written; it stays until written is called.
func (b *markBook) pending() map[markKey]chat.Mark {
	b.mu.Lock()
	defer b.mu.Unlock()
	marks := make(map[markKey]chat.Mark)
	for user, rooms := range b.raised {
		for room, mark := range rooms {
			marks[markKey{user, room}] = mark
		}
	}
	return marks
}

// written drops the marks that are in the file now, but for those raised since.
func (b *markBook) written(marks map[markKey]chat.Mark) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, mark := range marks {
		rooms := b.raised[key.user]
		if rooms[key.room] != mark {
			continue
		}
		delete(rooms, key.room)
		if len(rooms) == 0 {
			delete(b.raised, key.user)
		}
	}
}

func writeMarks(conn *sqlite.Conn, marks map[markKey]chat.Mark) error {
	for key, mark := range marks {
		err := exec(conn, `INSERT INTO marks (user, room, seq, posts, alls) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET seq = excluded.seq, posts = excluded.posts, alls = excluded.alls
			WHERE excluded.seq > marks.seq`,
			string(key.user), string(key.room), int64(mark.Seq), mark.Posts, mark.Alls)
		if err != nil {
			return failed(err, "mark of user %s in room %s", key.user, key.room)
		}
	}
	return nil
}

// Marks implements chat.Marks.
func (s *Store) Marks(ctx context.Context, user chat.UserID) (map[chat.RoomID]chat.Mark, error) {
	raised := s.marks.of(user) // read before the file: a mark leaves the book once it is there
	marks := map[chat.RoomID]chat.Mark{}
	err := s.reads.read(ctx, func(conn *sqlite.Conn) error {
		return query(conn, "SELECT room, seq, posts, alls FROM marks WHERE user = ?",
			func(row *sqlite.Stmt) (bool, error) {
				marks[chat.RoomID(row.ColumnText(0))] = chat.Mark{
					Seq: chat.Seq(row.ColumnInt64(1)), Counts: chat.Counts{Posts: row.ColumnInt64(2), Alls: row.ColumnInt64(3)},
				}
				return true, nil
			}, string(user))
	})
	if err != nil {
		return nil, failed(err, "marks of user %s", user)
	}
	for room, mark := range raised {
		if mark.Seq > marks[room].Seq {
			marks[room] = mark
		}
	}
	return marks, nil
}

// Advance implements chat.Marks. The mark is written to the file within a second
// or so, and before the store is closed.
func (s *Store) Advance(ctx context.Context, user chat.UserID, room chat.RoomID, mark chat.Mark) (rose bool, err error) {
	stored := int64(0)
	err = s.reads.read(ctx, func(conn *sqlite.Conn) (err error) {
		stored, err = readInt(conn, "SELECT seq FROM marks WHERE user = ? AND room = ?", string(user), string(room))
		return err
	})
	if err != nil {
		return false, failed(err, "advance the mark of user %s", user)
	}
	if int64(mark.Seq) <= stored {
		return false, nil
	}
	return s.marks.raise(markKey{user, room}, mark), nil
}

// Mentions implements chat.Marks.
func (s *Store) Mentions(ctx context.Context, user chat.UserID, before chat.Mention, limit int) (mentions []chat.Mention, err error) {
	err = s.reads.read(ctx, func(conn *sqlite.Conn) error {
		text, args := "SELECT at, room, seq FROM mentions WHERE user = ? ORDER BY at DESC, room DESC, seq DESC LIMIT ?",
			[]any{string(user), limit}
		if before != (chat.Mention{}) {
			text = `SELECT at, room, seq FROM mentions WHERE user = ? AND (at, room, seq) < (?, ?, ?)
				ORDER BY at DESC, room DESC, seq DESC LIMIT ?`
			args = []any{string(user), before.At.UnixMilli(), string(before.Room), int64(before.Seq), limit}
		}
		return query(conn, text, func(row *sqlite.Stmt) (bool, error) {
			mentions = append(mentions, chat.Mention{
				At: fromMillis(row.ColumnInt64(0)), Room: chat.RoomID(row.ColumnText(1)), Seq: chat.Seq(row.ColumnInt64(2)),
			})
			return true, nil
		}, args...)
	})
	return mentions, failed(err, "mentions of user %s", user)
}

// maxCounted is where CountMentions stops counting a room.
const maxCounted = 100

// CountMentions implements chat.Marks.
func (s *Store) CountMentions(ctx context.Context, user chat.UserID, after map[chat.RoomID]chat.Seq) (map[chat.RoomID]int, error) {
	counts := make(map[chat.RoomID]int, len(after))
	err := s.reads.snapshot(ctx, func(conn *sqlite.Conn) error {
		for room, seq := range after {
			n, err := readInt(conn, `SELECT count(*) FROM
				(SELECT 1 FROM mentions WHERE user = ? AND room = ? AND seq > ? LIMIT ?)`,
				string(user), string(room), int64(seq), maxCounted)
			if err != nil {
				return err
			}
			counts[room] = int(n)
		}
		return nil
	})
	if err != nil {
		return nil, failed(err, "mentions of user %s in %d rooms", user, len(after))
	}
	return counts, nil
}
