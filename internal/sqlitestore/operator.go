package sqlitestore

import (
	"context"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// HasOperator reports whether any user is an operator. A server that starts
// offers the role until somebody has taken it. Where nobody has, HasOperator
// reads all users: call it once per start, not per request.
func (s *Store) HasOperator(ctx context.Context) (has bool, err error) {
	err = s.reads.read(ctx, func(conn *sqlite.Conn) error {
		return query(conn, `SELECT 1 FROM users WHERE is_operator LIMIT 1`, func(*sqlite.Stmt) (bool, error) {
			has = true
			return false, nil
		})
	})
	if err != nil {
		return false, failed(err, "find an operator")
	}
	return has, nil
}

// WithdrawOperatorOffers makes every offer of the operator's role that nobody has
// taken worthless. A server that makes a new offer at each start calls it before,
// so that a link in the log of an earlier start gives nobody the role.
func (s *Store) WithdrawOperatorOffers(ctx context.Context) error {
	if err := s.writer.submit(ctx, withdrawJob{}); err != nil {
		return failed(err, "withdraw the offers of the operator's role")
	}
	return nil
}

type withdrawJob struct{}

func (withdrawJob) do(tx *tx) error {
	return exec(tx.conn, "DELETE FROM tickets WHERE kind = ? AND uses_left > 0", string(chat.TicketOperator))
}
