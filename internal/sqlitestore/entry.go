package sqlitestore

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// entryColumns are what readEntry reads, in its order.
const entryColumns = `e.seq, e.at, e."by", e.id, e.kind, e.posts, e.alls, e.text, e.reply, e.mentions,
	e."all", e.post, e.emoji, e.user, e.name, e.role, e.was, e.title, e.visibility, e.founders, e.deleted, e.reacted`

// Positions of some of entryColumns, and of the first column after them.
const (
	colDeleted = 20
	colReacted = 21
	colExtra   = 22
)

// insertPlain is for posts, four entries in five, which use no other columns.
const (
	insertPlain = `INSERT INTO entries (pos, room, seq, at, "by", id, kind, posts, alls, text, reply, mentions, "all")
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	insertFull = `INSERT INTO entries (pos, room, seq, at, "by", id, kind, posts, alls, text, reply, mentions, "all",
			post, emoji, user, name, role, was, title, visibility, founders)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// insertEntry writes the row of e at pos. It fails with
// sqlite.ResultConstraintUnique when (author, id) names an earlier entry.
func insertEntry(conn *sqlite.Conn, pos, room int64, e *chat.Entry) error {
	text := insertFull
	if e.Kind == chat.KindPosted {
		text = insertPlain
	}
	stmt, err := conn.Prepare(text)
	if err != nil {
		return err
	}
	stmt.BindInt64(1, pos)
	stmt.BindInt64(2, room)
	stmt.BindInt64(3, int64(e.Seq))
	stmt.BindInt64(4, e.At.UnixMilli())
	stmt.BindText(5, string(e.Author))
	stmt.BindText(6, string(e.ID))
	stmt.BindText(7, string(e.Kind))
	stmt.BindInt64(8, e.Counts.Posts)
	stmt.BindInt64(9, e.Counts.Alls)
	bindText(stmt, 10, e.Text)
	bindSeq(stmt, 11, e.ReplyTo)
	bindText(stmt, 12, joinUsers(e.Mentions))
	if e.All {
		stmt.BindBool(13, true)
	}
	if e.Kind != chat.KindPosted {
		if err := bindRest(stmt, e); err != nil {
			return err
		}
	}
	_, err = stmt.Step()
	return err
}

func bindRest(stmt *sqlite.Stmt, e *chat.Entry) error {
	bindSeq(stmt, 14, e.Post)
	for i, s := range []string{
		e.Emoji, string(e.User), e.Name, string(e.Role), string(e.Was), e.Title, string(e.Visibility),
	} {
		bindText(stmt, 15+i, s)
	}
	if len(e.Founders) == 0 {
		return nil
	}
	founders, err := json.Marshal(e.Founders)
	if err != nil {
		return fmt.Errorf("encode founders: %w", err)
	}
	stmt.BindText(22, string(founders))
	return nil
}

// bindText and bindSeq leave the empty value out: Prepare has bound NULL.
func bindText(stmt *sqlite.Stmt, i int, s string) {
	if s != "" {
		stmt.BindText(i, s)
	}
}

func bindSeq(stmt *sqlite.Stmt, i int, seq chat.Seq) {
	if seq != 0 {
		stmt.BindInt64(i, int64(seq))
	}
}

// readEntry reads a row of entryColumns.
func readEntry(row *sqlite.Stmt, room chat.RoomID) (chat.Entry, error) {
	e := chat.Entry{
		Room: room, Seq: chat.Seq(row.ColumnInt64(0)), At: fromMillis(row.ColumnInt64(1)),
		Author: chat.UserID(row.ColumnText(2)), ID: chat.EntryID(row.ColumnText(3)),
		Counts: chat.Counts{Posts: row.ColumnInt64(5), Alls: row.ColumnInt64(6)},
	}
	e.Kind = chat.Kind(row.ColumnText(4))
	e.Text = row.ColumnText(7)
	e.ReplyTo = chat.Seq(row.ColumnInt64(8))
	e.Mentions = splitUsers(row.ColumnText(9))
	e.All = row.ColumnInt64(10) != 0
	if e.Kind == chat.KindPosted {
		return e, nil
	}
	e.Post = chat.Seq(row.ColumnInt64(11))
	e.Emoji = row.ColumnText(12)
	e.User, e.Name = chat.UserID(row.ColumnText(13)), row.ColumnText(14)
	e.Role, e.Was = chat.Role(row.ColumnText(15)), chat.Role(row.ColumnText(16))
	e.Title, e.Visibility = row.ColumnText(17), chat.Visibility(row.ColumnText(18))
	founders := row.ColumnText(19)
	if founders == "" {
		return e, nil
	}
	if err := json.Unmarshal([]byte(founders), &e.Founders); err != nil {
		return e, fmt.Errorf("founders of entry %d: %w", e.Seq, err)
	}
	return e, nil
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// joinUsers and splitUsers rely on ids holding no blank.
func joinUsers(users []chat.UserID) string {
	if len(users) == 0 {
		return ""
	}
	var b strings.Builder
	for i, user := range users {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(user))
	}
	return b.String()
}

func splitUsers(joined string) []chat.UserID {
	if joined == "" {
		return nil
	}
	parts := strings.Split(joined, " ")
	users := make([]chat.UserID, len(parts))
	for i, part := range parts {
		users[i] = chat.UserID(part)
	}
	return users
}
