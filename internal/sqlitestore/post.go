package sqlitestore

import (
	"cmp"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// readPost reads a row of entryColumns without edits and reactions.
func readPost(row *sqlite.Stmt, room chat.RoomID) (chat.Post, error) {
	e, err := readEntry(row, room)
	return chat.Post{
		Entry: e, Deleted: chat.Seq(row.ColumnInt64(colDeleted)), Reacted: chat.Seq(row.ColumnInt64(colReacted)),
	}, err
}

// readStates adds edits and reactions to posts of one room, which are sorted by
// seq.
func readStates(conn *sqlite.Conn, key int64, posts []chat.Post) error {
	if len(posts) == 0 {
		return nil
	}
	first, last := int64(posts[0].Seq), int64(posts[len(posts)-1].Seq)
	find := func(seq int64) *chat.Post {
		i, isFound := slices.BinarySearchFunc(posts, chat.Seq(seq), func(p chat.Post, seq chat.Seq) int {
			return cmp.Compare(p.Seq, seq)
		})
		if !isFound {
			return nil
		}
		return &posts[i]
	}
	err := query(conn, "SELECT post, seq FROM edits WHERE room = ? AND post BETWEEN ? AND ? ORDER BY post, seq",
		func(row *sqlite.Stmt) (bool, error) {
			if post := find(row.ColumnInt64(0)); post != nil {
				post.Edits = append(post.Edits, chat.Seq(row.ColumnInt64(1)))
			}
			return true, nil
		}, key, first, last)
	if err != nil {
		return err
	}
	return query(conn, `SELECT post, seq, emoji, user FROM reactions
		WHERE room = ? AND post BETWEEN ? AND ? ORDER BY post, seq`,
		func(row *sqlite.Stmt) (bool, error) {
			if post := find(row.ColumnInt64(0)); post != nil {
				post.Reactions = append(post.Reactions, chat.Reaction{
					Seq: chat.Seq(row.ColumnInt64(1)), Emoji: row.ColumnText(2), User: chat.UserID(row.ColumnText(3)),
				})
			}
			return true, nil
		}, key, first, last)
}
