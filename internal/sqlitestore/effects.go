package sqlitestore

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// effects writes what e changes besides adding its own row. The states are folded
// as the domain folds them; see chat.Fold.
func (tx *tx) effects(room int64, e *chat.Entry) error {
	if chat.ChangesRoom(e) {
		if err := tx.foldRoom(room, e); err != nil {
			return fmt.Errorf("fold entry %d into room %s: %w", e.Seq, e.Room, err)
		}
	}
	for _, user := range chat.MembersOf(e) {
		if err := tx.foldMember(room, user, e); err != nil {
			return fmt.Errorf("fold entry %d into member %s of room %s: %w", e.Seq, user, e.Room, err)
		}
	}
	effect := postEffects[e.Kind]
	if effect == nil {
		return nil
	}
	if err := effect(tx, room, e); err != nil {
		return fmt.Errorf("apply entry %d to the posts of room %s: %w", e.Seq, e.Room, err)
	}
	return nil
}

var postEffects = map[chat.Kind]func(tx *tx, room int64, e *chat.Entry) error{
	chat.KindPosted:          (*tx).posted,
	chat.KindEdited:          (*tx).edited,
	chat.KindDeleted:         (*tx).deleted,
	chat.KindReactionSet:     (*tx).reacted,
	chat.KindReactionRemoved: (*tx).unreacted,
	chat.KindRoomDeleted:     (*tx).roomDeleted,
}

func (tx *tx) foldRoom(key int64, e *chat.Entry) error {
	var room chat.Room
	if e.Kind != chat.KindCreated { // newRoom's row is empty
		var err error
		if room, err = readRoomByKey(tx.conn, key); err != nil {
			return err
		}
	}
	room.Apply(e)
	return updateRoom(tx.conn, key, &room)
}

func (tx *tx) foldMember(key int64, user chat.UserID, e *chat.Entry) error {
	m, err := readMember(tx.conn, key, e.Room, user)
	if err != nil {
		return err
	}
	m.Apply(e)
	tx.members = append(tx.members, memberKey{e.Room, user})
	return saveMember(tx.conn, key, &m)
}

func (tx *tx) posted(_ int64, e *chat.Entry) error {
	for _, user := range e.Mentions {
		err := exec(tx.conn, `INSERT OR IGNORE INTO mentions (user, at, room, seq) VALUES (?, ?, ?, ?)`,
			string(user), e.At.UnixMilli(), string(e.Room), int64(e.Seq))
		if err != nil {
			return err
		}
	}
	return nil // indexed a little later
}

// standing is a post that is not deleted.
type standing struct {
	pos, room int64
	text      string
}

// findStanding finds no post where seq is not a post or is a deleted one: an edit
// or a deletion changes nothing then.
func (tx *tx) findStanding(room int64, seq chat.Seq) (post standing, isFound bool, err error) {
	err = query(tx.conn, `SELECT pos, text FROM entries
		WHERE room = ? AND seq = ? AND kind = 'posted' AND deleted IS NULL`,
		func(row *sqlite.Stmt) (bool, error) {
			post, isFound = standing{pos: row.ColumnInt64(0), room: room, text: row.ColumnText(1)}, true
			return false, nil
		}, room, int64(seq))
	return post, isFound, err
}

func (tx *tx) edited(room int64, e *chat.Entry) error {
	post, isFound, err := tx.findStanding(room, e.Post)
	if err != nil || !isFound {
		return err
	}
	if err := tx.unindex(post); err != nil {
		return err
	}
	if err := exec(tx.conn, `UPDATE entries SET text = ? WHERE pos = ?`, e.Text, post.pos); err != nil {
		return err
	}
	err = exec(tx.conn, `INSERT INTO edits (room, post, seq) VALUES (?, ?, ?)`, room, int64(e.Post), int64(e.Seq))
	if err != nil {
		return err
	}
	if post.pos > tx.indexed {
		return nil
	}
	return indexWords(tx.conn, post.pos, room, e.Text)
}

// deleted erases the words of the post and of each of its edits, as chat.ErasedBy
// lists them.
func (tx *tx) deleted(room int64, e *chat.Entry) error {
	post, isFound, err := tx.findStanding(room, e.Post)
	if err != nil || !isFound {
		return err
	}
	if err := tx.unindex(post); err != nil {
		return err
	}
	tx.hasErased = true
	err = exec(tx.conn, `UPDATE entries SET text = NULL, deleted = ? WHERE pos = ?`, int64(e.Seq), post.pos)
	if err != nil {
		return err
	}
	return exec(tx.conn, `UPDATE entries SET text = NULL WHERE room = ?1 AND seq IN
		(SELECT seq FROM edits WHERE room = ?1 AND post = ?2)`, room, int64(e.Post))
}

// roomDeleted erases all words of the room's entries, or has those of a large
// room erased soon after; the fold of the room empties the topic.
func (tx *tx) roomDeleted(room int64, e *chat.Entry) error {
	if int(e.Seq) > tx.largeRoom {
		tx.mustErase = true
		return exec(tx.conn, `INSERT INTO erasing (room, after) VALUES (?, 0)`, room)
	}
	if err := tx.unindexRoom(room, 0, int64(e.Seq)); err != nil {
		return err
	}
	tx.hasErased = true
	return exec(tx.conn, `UPDATE entries SET text = NULL WHERE room = ? AND text IS NOT NULL`, room)
}

func (tx *tx) reacted(room int64, e *chat.Entry) error {
	isPost, err := tx.noteReaction(room, e)
	if err != nil || !isPost {
		return err
	}
	return exec(tx.conn, `INSERT OR REPLACE INTO reactions (room, post, emoji, user, seq) VALUES (?, ?, ?, ?, ?)`,
		room, int64(e.Post), e.Emoji, string(e.Author), int64(e.Seq))
}

func (tx *tx) unreacted(room int64, e *chat.Entry) error {
	isPost, err := tx.noteReaction(room, e)
	if err != nil || !isPost {
		return err
	}
	return exec(tx.conn, `DELETE FROM reactions WHERE room = ? AND post = ? AND emoji = ? AND user = ?`,
		room, int64(e.Post), e.Emoji, string(e.Author))
}

// noteReaction notes the entry in the post that it reacts to, if there is one.
func (tx *tx) noteReaction(room int64, e *chat.Entry) (isPost bool, err error) {
	err = exec(tx.conn, `UPDATE entries SET reacted = ? WHERE room = ? AND seq = ? AND kind = 'posted'`,
		int64(e.Seq), room, int64(e.Post))
	return tx.conn.Changes() > 0, err
}
