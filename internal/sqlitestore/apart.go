package sqlitestore

import (
	"errors"

	"github.com/maru-chat/maru/internal/chat"
)

// A batch is first done without savepoints, which is nearly always enough. If a
// job fails by a fault of its own, the batch is done again with a savepoint
// around each job, so that the others are committed.

// doing does one job of a batch. An error fails the transaction.
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

// doJobApart undoes a job that fails and keeps its error for its submitter.
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

// attempt turns a panic into an error: it would end the process for everybody.
func attempt(tx *tx, j job) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = chat.Panicked(cause)
		}
	}()
	return j.do(tx)
}
