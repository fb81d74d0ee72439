package sqlitestore

import (
	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// tx is one transaction of the writer and what it changes.
type tx struct {
	*writer
	conn *sqlite.Conn
	// heads, marks, members and users are shown to readers after the commit.
	heads   []roomHead
	marks   []userMark
	members []memberKey
	users   []chat.UserID
}

type roomHead struct {
	room chat.RoomID
	head chat.Head
}

type userMark struct {
	key  markKey
	mark chat.Mark
}

// hide takes what the transaction changes out of the caches, before the commit
// makes it visible to readers of the file; show lets it be cached again.
func (tx *tx) hide() {
	tx.store.heads.hide(tx.heads)
	tx.store.members.hide(tx.members)
	tx.store.users.hide(tx.users)
}

func (tx *tx) show(failed error) {
	tx.store.members.show()
	tx.store.users.show()
	if failed != nil {
		return
	}
	tx.store.heads.put(tx.heads)
	for _, m := range tx.marks {
		tx.store.marks.raise(m.key, m.mark)
	}
}

// position returns the next pos of the entries table. It also reads tx.indexed if
// that is not known, so it is called before tx.indexed is used.
func (tx *tx) position() (int64, error) {
	if tx.nextPos == 0 {
		last, err := readInt(tx.conn, "SELECT pos FROM entries ORDER BY pos DESC LIMIT 1")
		if err != nil {
			return 0, err
		}
		if tx.indexed, err = readIndexed(tx.conn); err != nil {
			return 0, err
		}
		tx.nextPos = last + 1
	}
	return tx.nextPos, nil
}
