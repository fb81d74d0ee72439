package sqlitestore

import (
	"context"
	"path/filepath"

	"zombiezen.com/go/sqlite"
)

// LargeRoom is the number of entries above which the stores of OpenIndexing and
// OpenErasingSlowly erase a room in slices. It is small, so that tests are quick.
const LargeRoom = 200

// OpenUnsynced is Open without the one setting that makes a commit durable,
// for the test that must notice it.
func OpenUnsynced(dir string, opts Options) (*Store, error) {
	return openTuned(dir, opts, func(s *Store) error { return exec(s.writer.conn, "PRAGMA synchronous = OFF") })
}

// OpenIndexing is Open of a store in which no post waits to be indexed.
func OpenIndexing(dir string) (*Store, error) {
	return openTuned(dir, Options{}, func(s *Store) error {
		s.writer.maxUnindexed, s.writer.largeRoom, s.writer.sliceLen = 1, LargeRoom, LargeRoom/2
		return nil
	})
}

// OpenErasingSlowly is OpenIndexing of a store that erases one entry a slice.
func OpenErasingSlowly(dir string) (*Store, error) {
	return openTuned(dir, Options{}, func(s *Store) error {
		s.writer.maxUnindexed, s.writer.largeRoom, s.writer.sliceLen = 1, LargeRoom, 1
		return nil
	})
}

func openTuned(dir string, opts Options, tune func(*Store) error) (*Store, error) {
	lockFile, err := lock(filepath.Join(dir, lockFileName))
	if err != nil {
		return nil, err
	}
	s, err := open(filepath.Join(dir, FileName), opts)
	if err != nil {
		return nil, err
	}
	s.lock = lockFile
	if err := tune(s); err != nil {
		return nil, err
	}
	go s.writer.run()
	return s, nil
}

// WriterPragma returns a setting of the connection that writes.
func (s *Store) WriterPragma(ctx context.Context, name string) (string, error) {
	j := &pragmaJob{name: name}
	err := s.writer.submit(ctx, j)
	return j.value, err
}

// Write has a function run statements as one job of the writer.
func (s *Store) Write(ctx context.Context, do func(run func(statement string) error) error) error {
	return s.writer.submit(ctx, funcJob(do))
}

// Queued returns how many jobs wait for the writer.
func (s *Store) Queued() int { return s.writer.queue.len() }

type funcJob func(run func(statement string) error) error

func (j funcJob) do(tx *tx) error {
	return j(func(statement string) error { return exec(tx.conn, statement) })
}

type pragmaJob struct{ name, value string }

func (j *pragmaJob) do(tx *tx) error {
	return query(tx.conn, "PRAGMA "+j.name, func(row *sqlite.Stmt) (bool, error) {
		j.value = row.ColumnText(0)
		return false, nil
	})
}
