package sqlitestore

import (
	"time"

	"zombiezen.com/go/sqlite"
)

// A post is found by search as soon as it is committed, but its words enter
// the index a little later, many posts at a time: the index then grows by few
// large pieces, which is most of its cost. How far it has come is committed
// with it, so nothing is forgotten in a crash.
const (
	// maxUnindexed is how many entries wait at most; a search looks at them one
	// by one.
	maxUnindexed = 1024
	// indexEvery is how long they wait at most.
	indexEvery = time.Second
)

// isIndexDue reports whether waiting posts should be indexed in the next
// transaction, which adds to them.
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

// maxErasedSingly is how many posts of a deleted room are erased from the index
// one by one. FTS5 then looks for each word of each among what it has emptied
// before: 10,000 posts take 7 s.
const maxErasedSingly = 1000

// unindexRoom takes all posts of a room out of the index. Those of a large room
// are marked as deleted, and then the index is written anew without them, which
// takes a time in proportion to all that it holds.
func (tx *tx) unindexRoom(room int64, posts int64) error {
	if posts <= maxErasedSingly {
		return tx.unindexEach(room)
	}
	if err := exec(tx.conn, "INSERT INTO words (words, rank) VALUES ('secure-delete', 0)"); err != nil {
		return err
	}
	if err := tx.unindexEach(room); err != nil {
		return err
	}
	if err := exec(tx.conn, "INSERT INTO words (words, rank) VALUES ('secure-delete', 1)"); err != nil {
		return err
	}
	return exec(tx.conn, "INSERT INTO words (words) VALUES ('optimize')")
}

// unindexEach leaves out the posts that wait to be indexed: they need nothing
// once their text is gone.
func (tx *tx) unindexEach(room int64) error {
	return query(tx.conn, `SELECT pos, text FROM entries
		WHERE room = ? AND kind = 'posted' AND text IS NOT NULL AND pos <= ? ORDER BY seq`,
		func(row *sqlite.Stmt) (bool, error) {
			return true, unindexWords(tx.conn, row.ColumnInt64(0), room, row.ColumnText(1))
		}, room, tx.indexed)
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
