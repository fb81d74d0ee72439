package sqlitestore

import (
	"context"
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// Break is the first thing that a check found wrong.
type Break struct {
	// Room and Seq say where. Both are zero where the whole file is broken, Seq is
	// zero where the whole room is.
	Room chat.RoomID
	Seq  chat.Seq
	// Rule is the rule that is broken, in words.
	Rule string
}

func (b *Break) Error() string {
	switch {
	case b.Room == "":
		return b.Rule
	case b.Seq == 0:
		return fmt.Sprintf("room %s: %s", b.Room, b.Rule)
	default:
		return fmt.Sprintf("room %s, entry %d: %s", b.Room, b.Seq, b.Rule)
	}
}

// Check reads the whole database and returns a *[Break] for the first rule that
// does not hold:
//
//   - Each log is numbered 1 to n, At rises, (author, id) is unique, and the
//     running counts equal a recount.
//   - Rooms, members, posts, reactions and mentions are what chat.Fold makes of
//     the log.
//   - The search index holds the words of posts that are not deleted, and no
//     others.
//   - No row belongs to a room that does not exist.
//   - Each read mark has the counts of the entry at which it stands.
//
// A deleted room may still hold words while the file lists it as being erased: a
// server erases them soon, or after its next start. Each room is read as of one
// moment, also beside a server that writes. Check needs memory for the largest
// room.
func (r *Reader) Check(ctx context.Context) error {
	return checkError(r.read(ctx, func(conn *sqlite.Conn) error {
		for _, check := range []func(*sqlite.Conn) error{
			checkFile, openVocabulary, checkRooms, checkStrays, checkStrayWords, checkMarks, checkMentions,
		} {
			if err := check(conn); err != nil {
				return err
			}
		}
		return nil
	}))
}

// checkError returns a Break as it is, and says in words for people what kept the
// check from finding out.
func checkError(err error) error {
	var found *Break
	var known *chat.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &found):
		return found
	case sqlite.ErrCode(err).ToPrimary() == sqlite.ResultCorrupt:
		return &Break{Rule: "the file is damaged: " + err.Error()}
	case errors.As(err, &known):
		return failed(err, "check")
	default:
		return &chat.Error{Code: codeOf(err), Msg: "cannot check " + FileName + ": " + err.Error(), Err: err}
	}
}

// checkFile has SQLite check its own structures, those of the index included.
func checkFile(conn *sqlite.Conn) error {
	return query(conn, "PRAGMA integrity_check(1)", func(row *sqlite.Stmt) (bool, error) {
		if result := row.ColumnText(0); result != "ok" {
			return false, &Break{Rule: "the file is damaged: " + result}
		}
		return true, nil
	})
}

// openVocabulary makes the terms of the index readable as a table of this
// connection.
func openVocabulary(conn *sqlite.Conn) error {
	return exec(conn, "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, words, instance)")
}

func checkRooms(conn *sqlite.Conn) error {
	key, id := int64(0), chat.RoomID("")
	for {
		last := key
		err := query(conn, "SELECT key, id FROM rooms WHERE key > ? ORDER BY key LIMIT 1",
			func(row *sqlite.Stmt) (bool, error) {
				key, id = row.ColumnInt64(0), chat.RoomID(row.ColumnText(1))
				return false, nil
			}, key)
		if err != nil || key == last {
			return err
		}
		if err := asOfOneMoment(conn, func() error { return checkRoom(conn, key, id) }); err != nil {
			return err
		}
	}
}

// checkStrays looks for rows of rooms that do not exist.
func checkStrays(conn *sqlite.Conn) error {
	for _, table := range []string{"entries", "edits", "reactions", "members", "erasing"} {
		err := query(conn, "SELECT room FROM "+table+" WHERE room NOT IN (SELECT key FROM rooms) LIMIT 1",
			func(row *sqlite.Stmt) (bool, error) {
				return false, &Break{Rule: fmt.Sprintf("%s belong to room key %d, which does not exist", table, row.ColumnInt64(0))}
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkMarks looks for marks past their room's head, and compares the counts
// that a mark keeps with those of the entry that it stands at, which checkLog
// has recounted. A mark is written after that entry, so one statement sees both.
// What a mark does not keep, the mentions above it, is counted when it is read.
func checkMarks(conn *sqlite.Conn) error {
	return query(conn, `SELECT m.room, m.user, m.seq, e.pos IS NULL FROM marks m
		LEFT JOIN rooms r ON r.id = m.room
		LEFT JOIN entries e ON e.room = r.key AND e.seq = m.seq
		WHERE e.pos IS NULL OR m.posts <> e.posts OR m.alls <> e.alls LIMIT 1`,
		func(row *sqlite.Stmt) (bool, error) {
			rule := "the counts of the mark of user %s, %d, are not those of its entry"
			if isPast := row.ColumnBool(3); isPast {
				rule = "the mark of user %s, %d, is past the head"
			}
			return false, &Break{
				Room: chat.RoomID(row.ColumnText(0)), Rule: fmt.Sprintf(rule, row.ColumnText(1), row.ColumnInt64(2)),
			}
		})
}

// checkMentions looks for listed mentions that no post makes; checkStates looks
// for mentions that are not listed.
func checkMentions(conn *sqlite.Conn) error {
	return query(conn, `SELECT m.room, m.seq, m.user FROM mentions m
		LEFT JOIN rooms r ON r.id = m.room
		LEFT JOIN entries e ON e.room = r.key AND e.seq = m.seq AND e.kind = 'posted' AND e.at = m.at
		WHERE e.pos IS NULL OR instr(' ' || e.mentions || ' ', ' ' || m.user || ' ') = 0 OR e.mentions IS NULL LIMIT 1`,
		func(row *sqlite.Stmt) (bool, error) {
			return false, &Break{
				Room: chat.RoomID(row.ColumnText(0)), Seq: chat.Seq(row.ColumnInt64(1)),
				Rule: fmt.Sprintf("a mention of user %s is listed that no post makes", row.ColumnText(2)),
			}
		})
}
