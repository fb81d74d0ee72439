package sqlitestore

import (
	"context"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// Ticket implements chat.Accounts.
func (s *Store) Ticket(ctx context.Context, hash string) (ticket chat.Ticket, err error) {
	err = s.reads.read(ctx, func(conn *sqlite.Conn) error {
		ticket, err = readTicket(conn, hash)
		return err
	})
	if err != nil {
		return chat.Ticket{}, failed(err, "ticket")
	}
	if ticket.Version == 0 {
		return chat.Ticket{}, noTicket()
	}
	return ticket, nil
}

// readTicket returns the zero Ticket where there is none.
func readTicket(conn *sqlite.Conn, hash string) (ticket chat.Ticket, err error) {
	err = query(conn, "SELECT kind, user, room, role, expires_at, uses_left, version FROM tickets WHERE hash = ?",
		func(row *sqlite.Stmt) (bool, error) {
			ticket = chat.Ticket{
				Hash: hash, Kind: chat.TicketKind(row.ColumnText(0)), User: chat.UserID(row.ColumnText(1)),
				Room: chat.RoomID(row.ColumnText(2)), Role: chat.Role(row.ColumnText(3)),
				ExpiresAt: readTime(row, 4), UsesLeft: row.ColumnInt(5), Version: row.ColumnInt64(6),
			}
			return false, nil
		}, hash)
	return ticket, err
}

func saveTicket(conn *sqlite.Conn, t *chat.Ticket) error {
	return exec(conn, `INSERT OR REPLACE INTO tickets (hash, kind, user, room, role, expires_at, uses_left, version)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		t.Hash, string(t.Kind), string(t.User), string(t.Room), string(t.Role), timeValue(t.ExpiresAt), t.UsesLeft, t.Version)
}

func noTicket() *chat.Error {
	return chat.Errorf(chat.CodeNotFound, "no such ticket, or it has run out")
}

// SaveTicket implements chat.Accounts.
func (s *Store) SaveTicket(ctx context.Context, t chat.Ticket, now time.Time) error {
	j := &saveTicketJob{ticket: t, now: now}
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
	now     time.Time
	refusal *chat.Error
}

func (j *saveTicketJob) do(tx *tx) error {
	stored, err := readTicket(tx.conn, j.ticket.Hash)
	if err != nil {
		return err
	}
	if j.refusal = nil; stored.Version != j.ticket.Version {
		j.refusal = chat.Errorf(chat.CodeConflict, "the ticket has changed")
		return nil
	}
	saved := j.ticket
	saved.Version++
	if err := saveTicket(tx.conn, &saved); err != nil {
		return err
	}
	return forgetTickets(tx.conn, j.now.Add(-chat.TicketGrace))
}

// maxForgotten is how many expired tickets a save deletes: more than it adds, and
// few enough not to slow down the writer.
const maxForgotten = 4

// forgetTickets deletes tickets that expired before the time given.
func forgetTickets(conn *sqlite.Conn, before time.Time) error {
	var hashes []string
	err := query(conn, "SELECT hash FROM tickets WHERE expires_at < ? LIMIT ?", func(row *sqlite.Stmt) (bool, error) {
		hashes = append(hashes, row.ColumnText(0))
		return true, nil
	}, timeValue(before), maxForgotten)
	if err != nil {
		return err
	}
	for _, hash := range hashes {
		if err := exec(conn, "DELETE FROM tickets WHERE hash = ?", hash); err != nil {
			return err
		}
		if err := exec(conn, "DELETE FROM uses WHERE ticket = ?", hash); err != nil {
			return err
		}
	}
	return nil
}

// UseTicket implements chat.Accounts.
func (s *Store) UseTicket(ctx context.Context, hash, by string, now time.Time) (chat.Ticket, error) {
	j := &useTicketJob{hash: hash, by: by, now: now}
	if err := s.writer.submit(ctx, j); err != nil {
		return chat.Ticket{}, failed(err, "use ticket")
	}
	if j.refusal != nil {
		return chat.Ticket{}, j.refusal
	}
	return j.ticket, nil
}

type useTicketJob struct {
	hash, by string
	now      time.Time
	ticket   chat.Ticket
	refusal  *chat.Error
}

func (j *useTicketJob) do(tx *tx) error {
	j.refusal = nil
	ticket, err := readTicket(tx.conn, j.hash)
	if err != nil {
		return err
	}
	used, err := readInt(tx.conn, `SELECT count(*) FROM uses WHERE ticket = ? AND "by" = ?`, j.hash, j.by)
	switch {
	case err != nil:
		return err
	case !ticket.ExpiresAt.After(j.now), used == 0 && ticket.UsesLeft < 1: // absent ones too
		j.refusal = noTicket()
		return nil
	case used > 0:
		j.ticket = ticket
		return nil
	}
	ticket.UsesLeft--
	ticket.Version++
	j.ticket = ticket
	if err := exec(tx.conn, `INSERT INTO uses (ticket, "by") VALUES (?, ?)`, j.hash, j.by); err != nil {
		return err
	}
	return saveTicket(tx.conn, &ticket)
}
