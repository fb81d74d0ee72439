package sqlitestore

import (
	"context"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// maxPageBytes is about how many bytes of text a page may hold.
const maxPageBytes = 1 << 20

// Scan implements chat.Log. It finds a copy wherever it stands in the log,
// unless the cursor is at the head already.
func (s *Store) Scan(ctx context.Context, d *chat.Draft) (scanned chat.Scanned, err error) {
	if err := ctx.Err(); err != nil {
		return scanned, failed(chat.Wrap(err, chat.CodeUnavailable, "not begun"), "scan room %s", d.Room)
	}
	if head := s.heads.get(d.Room); head.Seq > 0 && head.Cursor == d.Since {
		return chat.Scanned{Head: head}, nil
	}
	err = s.reads.snapshot(ctx, func(conn *sqlite.Conn) error {
		scanned, err = scan(conn, d)
		return err
	})
	return scanned, failed(err, "scan room %s", d.Room)
}

func scan(conn *sqlite.Conn, d *chat.Draft) (scanned chat.Scanned, err error) {
	key, head, err := roomAndHead(conn, d.Room)
	if err != nil || key == 0 {
		return scanned, err
	}
	if d.Since.Seq != 0 {
		if _, err := cursorEntry(conn, key, d.Room, head, d.Since); err != nil {
			return scanned, err
		}
	}
	found, err := findCopy(conn, key, d)
	if err != nil {
		return scanned, err
	}
	if found == nil && head.Seq-d.Since.Seq > chat.MaxScan {
		return scanned, chat.Stale(head.Cursor, false)
	}
	upTo := min(head.Seq, d.Since.Seq+chat.MaxScan)
	passed, err := readTouching(conn, key, d.Room, d.Since.Seq, upTo)
	return chat.Scanned{Head: head, Passed: passed, Found: found}, err
}

// cursorEntry returns the entry at a cursor other than 0, and refuses one that
// is not of this log.
func cursorEntry(conn *sqlite.Conn, key int64, room chat.RoomID, head chat.Head, c chat.Cursor) (chat.Entry, error) {
	if c.Seq < 0 || c.Seq > head.Seq {
		return chat.Entry{}, chat.Stale(head.Cursor, true)
	}
	e, err := entryAt(conn, key, room, c.Seq)
	if err == nil && e.Cursor() != c {
		err = chat.Stale(head.Cursor, true)
	}
	return e, err
}

// Read implements chat.Log.
func (s *Store) Read(ctx context.Context, room chat.RoomID, after chat.Cursor, limit int) (page chat.LogPage, err error) {
	err = s.reads.snapshot(ctx, func(conn *sqlite.Conn) error {
		key, head, err := roomAndHead(conn, room)
		if err != nil {
			return err
		}
		if key == 0 {
			return noLog()
		}
		if after.Seq != 0 {
			from, err := cursorEntry(conn, key, room, head, after)
			if err != nil {
				return err
			}
			page.From = &from
		}
		page.Entries, err = readAfter(conn, key, room, after.Seq, limit)
		end := after.Seq + chat.Seq(len(page.Entries))
		page.More = end < head.Seq
		return err
	})
	if err != nil {
		return chat.LogPage{}, failed(err, "read room %s after %s", room, after)
	}
	return page, nil
}

func readAfter(conn *sqlite.Conn, key int64, room chat.RoomID, after chat.Seq, limit int) ([]chat.Entry, error) {
	var entries []chat.Entry
	size := 0
	err := query(conn, "SELECT "+entryColumns+` FROM entries e
		WHERE e.room = ? AND e.seq > ? ORDER BY e.seq LIMIT ?`,
		func(row *sqlite.Stmt) (bool, error) {
			e, err := readEntry(row, room)
			entries = append(entries, e)
			size += len(e.Text)
			return size < maxPageBytes, err
		}, key, int64(after), limit)
	return entries, err
}

// History implements chat.Log.
func (s *Store) History(ctx context.Context, room chat.RoomID, before chat.Seq, limit int) (page chat.HistoryPage, err error) {
	err = s.reads.snapshot(ctx, func(conn *sqlite.Conn) error {
		key, head, err := roomAndHead(conn, room)
		if err != nil {
			return err
		}
		if key == 0 {
			return noLog()
		}
		end := head.Seq + 1
		if before > 0 {
			end = min(before, end)
		}
		page.Cursor = head.Cursor
		page.Posts, page.Before, err = readHistory(conn, key, room, end, limit)
		return err
	})
	if err != nil {
		return chat.HistoryPage{}, failed(err, "history of room %s before %d", room, before)
	}
	return page, nil
}

// readHistory returns posts before end and where the next page ends.
func readHistory(conn *sqlite.Conn, key int64, room chat.RoomID, end chat.Seq, limit int) (posts []chat.Post, next chat.Seq, err error) {
	lowest := max(1, end-chat.MaxPage)
	next, size := lowest, 0
	err = query(conn, "SELECT "+entryColumns+` FROM entries e
		WHERE e.room = ? AND e.seq < ? AND e.seq >= ? AND e.kind = 'posted' ORDER BY e.seq DESC LIMIT ?`,
		func(row *sqlite.Stmt) (bool, error) {
			post, err := readPost(row, room)
			posts = append(posts, post)
			size += len(post.Text)
			if len(posts) == limit || size >= maxPageBytes {
				next = post.Seq
				return false, err
			}
			return true, err
		}, key, int64(end), int64(lowest), limit)
	if err != nil {
		return nil, 0, err
	}
	slices.Reverse(posts)
	if next <= 1 {
		next = 0
	}
	return posts, next, readStates(conn, key, posts)
}

// Heads implements chat.Log.
func (s *Store) Heads(ctx context.Context, rooms []chat.RoomID) ([]chat.Head, error) {
	heads := make([]chat.Head, len(rooms))
	err := s.reads.read(ctx, func(conn *sqlite.Conn) error {
		for i, room := range rooms {
			var err error
			if _, heads[i], err = roomAndHead(conn, room); err != nil {
				return failed(err, "head of room %s", room)
			}
		}
		return nil
	})
	if err != nil {
		return nil, failed(err, "heads of %d rooms", len(rooms))
	}
	return heads, nil
}

func noLog() error { return chat.Errorf(chat.CodeNotFound, "no such room") }

// roomKey returns 0 when the room has no log.
func roomKey(conn *sqlite.Conn, room chat.RoomID) (int64, error) {
	return readInt(conn, "SELECT key FROM rooms WHERE id = ?", string(room))
}

func roomAndHead(conn *sqlite.Conn, room chat.RoomID) (key int64, head chat.Head, err error) {
	if key, err = roomKey(conn, room); err != nil || key == 0 {
		return 0, head, err
	}
	head, err = readHead(conn, key)
	return key, head, err
}

func readHead(conn *sqlite.Conn, key int64) (head chat.Head, err error) {
	err = query(conn, "SELECT "+entryColumns+` FROM entries e WHERE e.room = ? ORDER BY e.seq DESC LIMIT 1`,
		func(row *sqlite.Stmt) (bool, error) {
			e, err := readEntry(row, "")
			head = e.Head()
			return false, err
		}, key)
	return head, err
}

// entryAt returns the entry that stands at seq.
func entryAt(conn *sqlite.Conn, key int64, room chat.RoomID, seq chat.Seq) (e chat.Entry, err error) {
	isFound := false
	err = query(conn, "SELECT "+entryColumns+" FROM entries e WHERE e.room = ? AND e.seq = ?",
		func(row *sqlite.Stmt) (bool, error) {
			isFound = true
			e, err = readEntry(row, room)
			return false, err
		}, key, int64(seq))
	if err == nil && !isFound {
		err = chat.Errorf(chat.CodeInternal, "entry %d of room %s is missing", seq, room)
	}
	return e, err
}

// findCopy returns the entry that carries the draft's (author, id), or nil.
func findCopy(conn *sqlite.Conn, key int64, d *chat.Draft) (found *chat.Entry, err error) {
	err = query(conn, "SELECT "+entryColumns+` FROM entries e WHERE e.room = ? AND e."by" = ? AND e.id = ?`,
		func(row *sqlite.Stmt) (bool, error) {
			e, err := readEntry(row, d.Room)
			found = &e
			return false, err
		}, key, string(d.Author), string(d.ID))
	return found, err
}

// readTouching returns the entries with after < seq <= upTo that touch something.
func readTouching(conn *sqlite.Conn, key int64, room chat.RoomID, after, upTo chat.Seq) (touching []chat.Entry, err error) {
	if after >= upTo {
		return nil, nil
	}
	err = query(conn, "SELECT "+entryColumns+` FROM entries e
		WHERE e.room = ? AND e.seq > ? AND e.seq <= ?
		AND e.kind NOT IN ('posted', 'reaction_set', 'reaction_removed') ORDER BY e.seq`,
		func(row *sqlite.Stmt) (bool, error) {
			e, err := readEntry(row, room)
			if len(chat.Touches(&e)) > 0 {
				touching = append(touching, e)
			}
			return true, err
		}, key, int64(after), int64(upTo))
	return touching, err
}
