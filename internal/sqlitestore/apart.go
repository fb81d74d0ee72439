package sqlitestore

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/maru-chat/maru/internal/chat"
)

// A batch is done twice when a job in it fails by a fault of its own: first
// without precautions, which nearly always is enough; then with a savepoint
// around each job, so that the one which fails takes no other with it.

// doing is how the jobs of a batch are done. An error fails the transaction.
type doing func(tx *tx, s *submission) error

// jobError is the failure of one job in a transaction of many.
type jobError struct{ error }

// Unwrap returns the job's error.
func (e jobError) Unwrap() error { return e.error }

// isOfJob reports whether a transaction may succeed without the job that failed:
// a full disk would fail its neighbours too.
func isOfJob(err error) bool {
	var failed jobError
	return errors.As(err, &failed) && codeOf(failed.error) != chat.CodeUnavailable
}

func doJob(tx *tx, s *submission) error {
	if err := attempt(tx, s.job); err != nil {
		return jobError{err}
	}
	return nil
}

// doJobApart undoes a job that fails, and keeps its failure for whoever waits.
func doJobApart(tx *tx, s *submission) error {
	if err := exec(tx.conn, "SAVEPOINT job"); err != nil {
		return err
	}
	if err := attempt(tx, s.job); err != nil {
		if codeOf(err) == chat.CodeUnavailable {
			return err
		}
		s.failure = failed(err, "write")
		tx.forget()
		if err := exec(tx.conn, "ROLLBACK TO job"); err != nil {
			return err
		}
	}
	return exec(tx.conn, "RELEASE job")
}

// attempt makes an error of a panic, which would end the process for all.
func attempt(tx *tx, j job) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return j.do(tx)
}
