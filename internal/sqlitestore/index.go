package sqlitestore

import (
	"time"

	"zombiezen.com/go/sqlite"
)

// Search finds a post as soon as it is committed, but its words enter the index
// a little later, together with those of other posts: an index that grows by few
// large segments costs far less. The table indexed says how far it has come, in
// the same commit, so a crash loses nothing.
const (
	// maxUnindexed is how many entries wait at most; a search looks at them one
	// by one.
	maxUnindexed = 1024
	// indexEvery is how long they wait at most.
	indexEvery = time.Second
)

// isIndexDue reports whether the posts that wait should be indexed in this
// transaction, because there are many or they have waited long.
func (w *writer) isIndexDue() bool {
	waiting := w.nextPos - 1 - w.indexed
	return waiting >= w.maxUnindexed || waiting > 0 && time.Since(w.indexedAt) >= indexEvery
}

// index brings the index up to date.
func (tx *tx) index() error {
	next, err := tx.position()
	if err != nil {
		return err
	}
	err = query(tx.conn, `SELECT pos, room, text FROM entries
		WHERE pos > ? AND kind = 'posted' AND deleted IS NULL ORDER BY pos`,
		func(row *sqlite.Stmt) (bool, error) {
			return true, indexWords(tx.conn, row.ColumnInt64(0), row.ColumnInt64(1), row.ColumnText(2))
		}, tx.indexed)
	if err != nil {
		return failed(err, "index the words of new posts")
	}
	tx.indexed, tx.indexedAt = next-1, time.Now()
	return exec(tx.conn, "UPDATE indexed SET pos = ?", tx.indexed)
}

// unindex takes a post out of the index if it is there.
func (tx *tx) unindex(post standing) error {
	if post.pos > tx.indexed {
		return nil
	}
	return unindexWords(tx.conn, post.pos, post.room, post.text)
}

// unindexRoom takes the room's posts with after < seq <= last out of the index.
// Posts that wait to be indexed are not in it, and their text is erased anyway.
func (tx *tx) unindexRoom(room, after, last int64) error {
	return query(tx.conn, `SELECT pos, text FROM entries
		WHERE room = ? AND seq > ? AND seq <= ? AND kind = 'posted' AND text IS NOT NULL AND pos <= ?`,
		func(row *sqlite.Stmt) (bool, error) {
			return true, unindexWords(tx.conn, row.ColumnInt64(0), room, row.ColumnText(1))
		}, room, after, last, tx.indexed)
}

func indexWords(conn *sqlite.Conn, pos, room int64, text string) error {
	found := terms(room, text)
	if found == "" {
		return nil
	}
	return exec(conn, "INSERT INTO words (rowid, terms) VALUES (?, ?)", pos, found)
}

// unindexWords takes a post out of the index; text is what was indexed.
func unindexWords(conn *sqlite.Conn, pos, room int64, text string) error {
	found := terms(room, text)
	if found == "" {
		return nil
	}
	return exec(conn, "INSERT INTO words (words, rowid, terms) VALUES ('delete', ?, ?)", pos, found)
}

// readIndexed returns the pos up to which posts are indexed.
func readIndexed(conn *sqlite.Conn) (int64, error) {
	return readInt(conn, "SELECT pos FROM indexed")
}
