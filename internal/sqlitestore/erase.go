package sqlitestore

import "zombiezen.com/go/sqlite"

// The words of a large deleted room are erased in slices, each a transaction,
// and other writes get between. First the texts of its entries go, and their
// words are marked as deleted in the index; then the index is merged, some pages
// at a time, into one without them. What is left to do is in the table erasing,
// so a crash only delays it. Of 100,000 posts most slices take 20 to 100 ms and
// the first merge, which drops all that it finds marked, half a second or more.
const (
	// maxErasedAtOnce is how many entries a room may have to be emptied in the
	// commit of its deletion. To erase a post from the index for good, FTS5 looks
	// for each of its words among what it has emptied before: 10,000 posts take
	// 7 s.
	maxErasedAtOnce = 1000
	// erasedEntries is how many entries a slice empties.
	erasedEntries = 500
	// mergedPages is how many pages of the index a slice merges.
	mergedPages = 64
)

var ready = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// resumeErasing has slices follow, between batches, if any are left.
func (w *writer) resumeErasing() {
	if w.mustErase {
		w.erasing = ready
	}
}

// erase does one slice. One that fails is tried again a second later.
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

// emptyAfter empties the entries of a room that follow the one given.
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
	// Marking is cheap; erasing at once is what takes long.
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

// mergeErased merges some pages of the index, until what was marked as deleted
// is gone from it: FTS5 says that it did nothing by changing nothing but the
// row that asks it to.
func (tx *tx) mergeErased() (isMore bool, err error) {
	rooms, err := readInt(tx.conn, "SELECT count(*) FROM erasing")
	if err != nil || rooms == 0 {
		return false, err
	}
	pages := mergedPages
	if !tx.isMerging {
		pages = -pages // begins with all that the index is made of
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
