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
	return j.user, nil
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
	if stored.Version != j.user.Version {
		j.refusal = chat.Errorf(chat.CodeConflict, "the user has changed")
		return nil
	}
	j.user.Version++
	tx.users = append(tx.users, j.user.ID)
	return exec(tx.conn, `INSERT OR REPLACE INTO users
		(id, name, created_at, is_unverified, is_operator, banned_at, version) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		string(j.user.ID), j.user.Name, timeValue(j.user.CreatedAt), j.user.IsUnverified, j.user.IsOperator,
		timeValue(j.user.BannedAt), j.user.Version)
}

// Ticket implements chat.Accounts.
func (s *Store) Ticket(ctx context.Context, hash string, now time.Time) (ticket chat.Ticket, err error) {
	err = s.reads.read(ctx, func(conn *sqlite.Conn) error {
		ticket, err = readTicket(conn, hash)
		return err
	})
	if err != nil {
		return chat.Ticket{}, failed(err, "ticket")
	}
	if !isUsable(&ticket, now) {
		return chat.Ticket{}, noTicket()
	}
	return ticket, nil
}

func readTicket(conn *sqlite.Conn, hash string) (ticket chat.Ticket, err error) {
	err = query(conn, "SELECT kind, user, room, role, expires_at, uses_left FROM tickets WHERE hash = ?",
		func(row *sqlite.Stmt) (bool, error) {
			ticket = chat.Ticket{
				Hash: hash, Kind: chat.TicketKind(row.ColumnText(0)), User: chat.UserID(row.ColumnText(1)),
				Room: chat.RoomID(row.ColumnText(2)), Role: chat.Role(row.ColumnText(3)),
				ExpiresAt: readTime(row, 4), UsesLeft: row.ColumnInt(5),
			}
			return false, nil
		}, hash)
	return ticket, err
}

func isUsable(t *chat.Ticket, now time.Time) bool {
	return t.Hash != "" && t.UsesLeft > 0 && t.ExpiresAt.After(now)
}

func noTicket() *chat.Error {
	return chat.Errorf(chat.CodeNotFound, "no such ticket, or it has run out")
}

// SaveTicket implements chat.Accounts.
func (s *Store) SaveTicket(ctx context.Context, t chat.Ticket) error {
	j := &saveTicketJob{ticket: t}
	if err := s.writer.submit(ctx, j); err != nil {
		return failed(err, "save ticket")
	}
	if j.refusal != nil {
		return j.refusal
	}
	return nil
}

type saveTicketJob struct {
	ticket  chat.Ticket
	refusal *chat.Error
}

func (j *saveTicketJob) do(tx *tx) error {
	t := &j.ticket
	err := exec(tx.conn, `INSERT INTO tickets (hash, kind, user, room, role, expires_at, uses_left)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		t.Hash, string(t.Kind), string(t.User), string(t.Room), string(t.Role), timeValue(t.ExpiresAt), t.UsesLeft)
	if sqlite.ErrCode(err) == sqlite.ResultConstraintPrimaryKey {
		j.refusal = chat.Errorf(chat.CodeConflict, "the ticket exists")
		return nil
	}
	return err
}

// UseTicket implements chat.Accounts.
func (s *Store) UseTicket(ctx context.Context, hash string, now time.Time) (chat.Ticket, error) {
	j := &useTicketJob{hash: hash, now: now}
	if err := s.writer.submit(ctx, j); err != nil {
		return chat.Ticket{}, failed(err, "use ticket")
	}
	if j.refusal != nil {
		return chat.Ticket{}, j.refusal
	}
	return j.ticket, nil
}

type useTicketJob struct {
	hash    string
	now     time.Time
	ticket  chat.Ticket
	refusal *chat.Error
}

func (j *useTicketJob) do(tx *tx) error {
	ticket, err := readTicket(tx.conn, j.hash)
	if err != nil {
		return err
	}
	if !isUsable(&ticket, j.now) {
		j.refusal = noTicket()
		return nil
	}
	ticket.UsesLeft--
	j.ticket = ticket
	return exec(tx.conn, "UPDATE tickets SET uses_left = ? WHERE hash = ?", ticket.UsesLeft, j.hash)
}

// timeValue and readTime keep whole microseconds, and the zero time as NULL.
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
