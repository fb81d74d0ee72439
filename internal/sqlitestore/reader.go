package sqlitestore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// Reader is a folder's database, opened for a backup or a check, also beside a
// server that writes to it. It does not take the folder's lock, changes nothing
// and needs only permission to read.
type Reader struct {
	reads *pool
	path  string
	// opened describes the file when it was opened. isIdle says that no program
	// had it open then; SQLite reads it as a file that nobody changes.
	opened fs.FileInfo
	isIdle bool
}

// OpenReadOnly opens the database of the folder, which must exist, with the
// refusals of [Open].
func OpenReadOnly(ctx context.Context, dir string) (*Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, chat.Wrap(err, chat.CodeUnavailable, "open "+dir)
	}
	r, err := openReader(ctx, filepath.Join(dir, FileName))
	if errors.Is(err, fs.ErrNotExist) {
		err = chat.Errorf(chat.CodeNotFound, "there is no %s in it", FileName)
	}
	if err != nil {
		return nil, openError(dir, err)
	}
	return r, nil
}

func openReader(ctx context.Context, path string) (*Reader, error) {
	if err := mayRead(path); err != nil {
		return nil, err
	}
	path, err := filepath.EvalSymlinks(path) // SQLite keeps a journal beside the file itself
	if err != nil {
		return nil, err
	}
	opened, err := os.Stat(path) // before the journals: a server may start meanwhile
	if err != nil {
		return nil, err
	}
	isIdle, err := hasNoJournal(path)
	if err != nil {
		return nil, err
	}
	uri := fileURI(path, "")
	if isIdle {
		uri += "?immutable=1"
	}
	reads, err := newPool(uri, 1)
	if err != nil {
		return nil, journalError(err)
	}
	r := &Reader{reads: reads, path: path, opened: opened, isIdle: isIdle}
	if err := r.read(ctx, checkVersion); err != nil {
		return nil, errors.Join(journalError(err), r.Close())
	}
	return r, nil
}

// hasNoJournal reports whether no program has the database open and all of it is
// in its file. Even to read such a file in WAL mode, SQLite would make a journal
// and its index (-shm), which fails where the folder cannot be written and leaves
// both behind where it can. Opened as immutable, the file alone is read.
func hasNoJournal(path string) (bool, error) {
	for suffix, size := range map[string]int64{"-shm": -1, "-wal": 0, "-journal": 0} {
		info, err := os.Stat(path + suffix)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return false, err
		case info.Size() > size:
			return false, nil
		}
	}
	return true, nil
}

// read lends the connection to fn. It fails, whatever fn returns, if an idle file
// was changed meanwhile: fn may have seen it half changed. A server that only
// writes to its journal does no harm.
func (r *Reader) read(ctx context.Context, fn func(*sqlite.Conn) error) error {
	err := r.reads.read(ctx, fn)
	if !r.isIdle {
		return err
	}
	now, statErr := os.Stat(r.path)
	if statErr != nil || !os.SameFile(r.opened, now) ||
		r.opened.Size() != now.Size() || !r.opened.ModTime().Equal(now.ModTime()) {
		return &chat.Error{Code: chat.CodeUnavailable, Msg: FileName + " was changed meanwhile; try again", Err: statErr}
	}
	return err
}

// journalError explains why SQLite cannot open a database that this user may
// read. Either it cannot read the journal or its index and cannot make an index
// in this folder, or a crash cut short a write from before the database was in
// WAL mode, as when a server first starts on a backup.
func journalError(err error) error {
	code := sqlite.ErrCode(err)
	switch {
	case code == sqlite.ResultReadOnlyRollback:
		return &chat.Error{
			Code: chat.CodeInternal, Err: err,
			Msg: "its last write was cut short; start the server once, which undoes it",
		}
	case code.ToPrimary() == sqlite.ResultCantOpen, code.ToPrimary() == sqlite.ResultReadOnly:
		return &chat.Error{
			Code: chat.CodeInternal, Err: err,
			Msg: FileName + "-wal or " + FileName + "-shm cannot be opened; copy all files of the folder and use the copy",
		}
	default:
		return err
	}
}

// checkVersion refuses a file that the newest schema does not describe.
func checkVersion(conn *sqlite.Conn) error {
	version, err := readVersion(conn)
	if err == nil && version < len(migrations) {
		err = chat.Errorf(chat.CodeInternal, "the file is of an older Maru; start the server once to bring it up to date")
	}
	return err
}

// Close gives the connection back.
func (r *Reader) Close() error { return r.reads.close() }
