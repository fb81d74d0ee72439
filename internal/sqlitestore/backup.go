package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// Backup writes a consistent copy of the database to a new file, which is
// durable when Backup returns and may replace the original. It copies live rows
// only, so erased words stay erased. It fails with CodeConflict when the file
// exists. A Backup that fails leaves no unfinished copy behind.
func (r *Reader) Backup(ctx context.Context, file string) error {
	err := r.backup(ctx, file)
	if err == nil {
		return nil
	}
	known := &chat.Error{}
	if !errors.As(err, &known) {
		known = &chat.Error{Code: codeOf(err), Msg: err.Error()}
	}
	return &chat.Error{Code: known.Code, Msg: fmt.Sprintf("cannot write the backup %s: %s", file, known.Msg), Err: err}
}

func (r *Reader) backup(ctx context.Context, file string) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, errTaken)
	}
	// An unfinished copy never has the backup's name.
	partial, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".partial-*")
	if err != nil {
		return cause(err)
	}
	defer os.Remove(partial.Name()) // gone already when all went well
	defer partial.Close()
	err = r.read(ctx, func(conn *sqlite.Conn) error {
		return exec(conn, "VACUUM INTO ?", partial.Name())
	})
	if err != nil {
		return err
	}
	if err := partial.Sync(); err != nil {
		return err
	}
	if err := publish(partial.Name(), file); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(file))
}

// cause drops the name of the partial file, which the user did not choose.
func cause(err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

var errTaken = chat.Errorf(chat.CodeConflict, "there is a file of this name")

// publish gives the finished copy its name. A link never overwrites a file that
// was made meanwhile; where the file system has no links, a rename might.
func publish(partial, file string) error {
	err := os.Link(partial, file)
	switch {
	case err == nil:
		return os.Remove(partial)
	case errors.Is(err, fs.ErrExist):
		return errTaken
	}
	if _, err := os.Lstat(file); err == nil {
		return errTaken
	}
	return os.Rename(partial, file)
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
