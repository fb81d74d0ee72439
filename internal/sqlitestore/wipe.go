package sqlitestore

import (
	"time"

	"zombiezen.com/go/sqlite"
)

// wipeTimeout is how long a wipe waits for reads under way; no write happens
// meanwhile.
const wipeTimeout = 50 * time.Millisecond

// wipe checkpoints and empties the journal if it may hold erased words: SQLite by
// itself leaves them there until later writes happen to overwrite them. If reads
// prevent it, it is tried again a second later.
func (w *writer) wipe() {
	if !w.hasErased {
		return
	}
	w.conn.SetBusyTimeout(wipeTimeout)
	defer w.conn.SetBusyTimeout(busyTimeout)
	isBusy := true
	err := query(w.conn, "PRAGMA wal_checkpoint(TRUNCATE)", func(row *sqlite.Stmt) (bool, error) {
		isBusy = row.ColumnBool(0)
		return true, nil
	})
	w.hasErased = err != nil || isBusy
}
