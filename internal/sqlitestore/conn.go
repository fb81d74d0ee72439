package sqlitestore

import (
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// openConn opens a connection to the file and runs the pragmas on it. Of all
// pragmas only journal_mode is stored in the file.
func openConn(path string, flags sqlite.OpenFlags, pragmas ...string) (*sqlite.Conn, error) {
	if err := keepPlans(); err != nil {
		return nil, err
	}
	conn, err := sqlite.OpenConn(path, flags)
	if err != nil {
		return nil, err
	}
	conn.SetBusyTimeout(busyTimeout)
	if err := setPragmas(conn, pragmas); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// busyTimeout is how long a connection waits for a lock of another process: a
// check or a backup that runs beside the server.
const busyTimeout = 10 * time.Second

// bind sets the arguments of a prepared statement: string, int64, int, bool or
// nil.
func bind(stmt *sqlite.Stmt, args []any) error {
	for i, arg := range args {
		switch v := arg.(type) {
		case nil:
			stmt.BindNull(i + 1)
		case string:
			stmt.BindText(i+1, v)
		case int64:
			stmt.BindInt64(i+1, v)
		case int:
			stmt.BindInt64(i+1, int64(v))
		case bool:
			stmt.BindBool(i+1, v)
		default:
			return fmt.Errorf("argument %d of a statement is a %T", i+1, arg)
		}
	}
	return nil
}

// query runs a statement, which the connection keeps prepared, and calls row for
// each row until row returns false or an error. The statement that row is given
// is valid during the call only.
func query(conn *sqlite.Conn, text string, row func(*sqlite.Stmt) (bool, error), args ...any) error {
	stmt, err := conn.Prepare(text)
	if err != nil {
		return err
	}
	if err := bind(stmt, args); err != nil {
		return err
	}
	for {
		hasRow, err := stmt.Step()
		if err != nil || !hasRow {
			return err
		}
		more, err := row(stmt)
		if err != nil || !more {
			return joinReset(stmt, err)
		}
	}
}

func joinReset(stmt *sqlite.Stmt, err error) error {
	if resetErr := stmt.Reset(); err == nil {
		return resetErr
	}
	return err
}

// exec is query for a statement that returns no rows.
func exec(conn *sqlite.Conn, text string, args ...any) error {
	return query(conn, text, func(*sqlite.Stmt) (bool, error) { return true, nil }, args...)
}

// readInt returns the first column of the first row, 0 when there is none.
func readInt(conn *sqlite.Conn, text string, args ...any) (int64, error) {
	var n int64
	err := query(conn, text, func(row *sqlite.Stmt) (bool, error) {
		n = row.ColumnInt64(0)
		return false, nil
	}, args...)
	return n, err
}

func setPragmas(conn *sqlite.Conn, pragmas []string) error {
	for _, pragma := range pragmas {
		if err := sqlitex.ExecuteTransient(conn, "PRAGMA "+pragma, nil); err != nil {
			return fmt.Errorf("%s: %w", pragma, err)
		}
	}
	return nil
}
