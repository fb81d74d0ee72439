package sqlitestore

import (
	"context"

	"zombiezen.com/go/sqlite"
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
