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
// server that writes to it. It takes no lock and changes nothing.
type Reader struct {
	reads *pool
}

// OpenReadOnly opens the database of the folder, which must be there, with the
// refusals of [Open].
func OpenReadOnly(ctx context.Context, dir string) (*Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, chat.Wrap(err, chat.CodeUnavailable, "open "+dir)
	}
	path := filepath.Join(dir, FileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, openError(dir, chat.Errorf(chat.CodeNotFound, "there is no %s in it", FileName))
	}
	reads, err := newPool(fileURI(path, ""), 1)
	if err != nil {
		return nil, openError(dir, err)
	}
	r := &Reader{reads: reads}
	if err := reads.read(ctx, checkVersion); err != nil {
		return nil, openError(dir, errors.Join(err, reads.close()))
	}
	return r, nil
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
