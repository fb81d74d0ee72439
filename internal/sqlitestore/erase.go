package sqlitestore

import "zombiezen.com/go/sqlite"

// The words of a large deleted room are erased in slices. Each slice is a
// transaction of its own, so that other writes can happen in between. The first
// slices erase the texts of the entries and mark their words as deleted in the
// index; the others merge the index, some pages at a time, which drops what is
// marked. The table erasing says what is left to do, so a crash only delays it.
// For 100,000 posts most slices take 20 to 100 ms; the first merge, which drops
// all marked words that it meets, takes half a second or more.
const (
	// maxErasedAtOnce is the number of entries up to which a room is erased in the
	// commit of its deletion. To erase a post from the index at once, FTS5 searches
	// what it has emptied before for each of its words: 10,000 posts take 7 s.
	maxErasedAtOnce = 1000
	// erasedEntries is how many entries a slice erases.
	erasedEntries = 500
	// mergedPages is how many pages of the index a slice merges.
	mergedPages = 64
)

var ready = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// resumeErasing lets run erase slices between batches, if any are left.
func (w *writer) resumeErasing() {
	if w.mustErase {
		w.erasing = ready
	}
}

// erase does one slice. A slice that fails is tried again a second later.
func (w *writer) erase() {
	tx := &tx{writer: w, conn: w.conn}
	err := exec(w.conn, "BEGIN IMMEDIATE")
	isMore := false
	if err == nil {
		isMore, err = tx.eraseSlice()
	}
	if err == nil {
		err = exec(w.conn, "COMMIT")
	}
	if err != nil {
		w.rollback()
		w.isMerging = false
	}
	w.hasErased = true
	if err != nil || !isMore {
		w.erasing = nil
	}
	w.mustErase = err != nil || isMore
}

func (tx *tx) eraseSlice() (isMore bool, err error) {
	var room, after int64
	err = query(tx.conn, "SELECT room, after FROM erasing WHERE after IS NOT NULL LIMIT 1",
		func(row *sqlite.Stmt) (bool, error) {
			room, after = row.ColumnInt64(0), row.ColumnInt64(1)
			return false, nil
		})
	switch {
	case err != nil:
		return false, err
	case room > 0:
		tx.isMerging = false
		return true, tx.emptyAfter(room, after)
	default:
		return tx.mergeErased()
	}
}

// emptyAfter erases the words of a slice of the room's entries after the one
// given.
func (tx *tx) emptyAfter(room, after int64) error {
	if _, err := tx.position(); err != nil {
		return err
	}
	last, err := readInt(tx.conn, "SELECT max(seq) FROM (SELECT seq FROM entries WHERE room = ? AND seq > ? ORDER BY seq LIMIT ?)",
		room, after, tx.sliceLen)
	if err != nil {
		return err
	}
	if last == 0 {
		return exec(tx.conn, "UPDATE erasing SET after = NULL WHERE room = ?", room)
	}
	// To mark is cheap; to erase at once takes long.
	if err := exec(tx.conn, "INSERT INTO words (words, rank) VALUES ('secure-delete', 0)"); err != nil {
		return err
	}
	if err := tx.unindexRoom(room, after, last); err != nil {
		return err
	}
	if err := exec(tx.conn, "INSERT INTO words (words, rank) VALUES ('secure-delete', 1)"); err != nil {
		return err
	}
	err = exec(tx.conn, "UPDATE entries SET text = NULL WHERE room = ? AND seq > ? AND seq <= ? AND text IS NOT NULL", room, after, last)
	if err != nil {
		return err
	}
	return exec(tx.conn, "UPDATE erasing SET after = ? WHERE room = ?", last, room)
}

// mergeErased merges some pages of the index, which drops words that are marked
// as deleted. A merge that found nothing to do changes no row but the one that
// asked for it: then all are gone.
func (tx *tx) mergeErased() (isMore bool, err error) {
	rooms, err := readInt(tx.conn, "SELECT count(*) FROM erasing")
	if err != nil || rooms == 0 {
		return false, err
	}
	pages := mergedPages
	if !tx.isMerging {
		pages = -pages // begins a merge of all segments of the index
	}
	before, err := readInt(tx.conn, "SELECT total_changes()")
	if err != nil {
		return false, err
	}
	if err := exec(tx.conn, "INSERT INTO words (words, rank) VALUES ('merge', ?)", pages); err != nil {
		return false, err
	}
	after, err := readInt(tx.conn, "SELECT total_changes()")
	if err != nil {
		return false, err
	}
	if tx.isMerging = after-before >= 2; tx.isMerging {
		return true, nil
	}
	return false, exec(tx.conn, "DELETE FROM erasing")
}
