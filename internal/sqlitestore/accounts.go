package sqlitestore

import (
	"context"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// User implements chat.Accounts.
func (s *Store) User(ctx context.Context, id chat.UserID) (chat.User, error) {
	if err := ctx.Err(); err != nil {
		return chat.User{}, failed(chat.Wrap(err, chat.CodeUnavailable, "not begun"), "user %s", id)
	}
	user, turn, isKnown := s.users.get(id)
	if isKnown {
		return user, nil
	}
	err := s.reads.read(ctx, func(conn *sqlite.Conn) (err error) {
		user, err = readUser(conn, id)
		return err
	})
	if err != nil {
		return chat.User{}, failed(err, "user %s", id)
	}
	s.users.offer(id, user, turn)
	return user, nil
}

func readUser(conn *sqlite.Conn, id chat.UserID) (user chat.User, err error) {
	err = query(conn, `SELECT name, created_at, is_unverified, is_operator, banned_at, version FROM users WHERE id = ?`,
		func(row *sqlite.Stmt) (bool, error) {
			user = chat.User{
				ID: id, Name: row.ColumnText(0), CreatedAt: readTime(row, 1), IsUnverified: row.ColumnBool(2),
				IsOperator: row.ColumnBool(3), BannedAt: readTime(row, 4), Version: row.ColumnInt64(5),
			}
			return false, nil
		}, string(id))
	return user, err
}

// SaveUser implements chat.Accounts.
func (s *Store) SaveUser(ctx context.Context, u chat.User) (chat.User, error) {
	j := &saveUserJob{user: u}
	if err := s.writer.submit(ctx, j); err != nil {
		return chat.User{}, failed(err, "save user %s", u.ID)
	}
	if j.refusal != nil {
		return chat.User{}, j.refusal
	}
	u.Version++
	return u, nil
}

type saveUserJob struct {
	user    chat.User
	refusal *chat.Error
}

func (j *saveUserJob) do(tx *tx) error {
	stored, err := readUser(tx.conn, j.user.ID)
	if err != nil {
		return err
	}
	if j.refusal = nil; stored.Version != j.user.Version {
		j.refusal = chat.Errorf(chat.CodeConflict, "the user has changed")
		return nil
	}
	tx.users = append(tx.users, j.user.ID)
	return exec(tx.conn, `INSERT OR REPLACE INTO users
		(id, name, created_at, is_unverified, is_operator, banned_at, version) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		string(j.user.ID), j.user.Name, timeValue(j.user.CreatedAt), j.user.IsUnverified, j.user.IsOperator,
		timeValue(j.user.BannedAt), j.user.Version+1)
}

// timeValue and readTime store a time in microseconds, and the zero time as NULL.
func timeValue(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

func readTime(row *sqlite.Stmt, col int) time.Time {
	if row.ColumnIsNull(col) {
		return time.Time{}
	}
	return time.UnixMicro(row.ColumnInt64(col)).UTC()
}
