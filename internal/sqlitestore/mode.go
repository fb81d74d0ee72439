package sqlitestore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/maru-chat/maru/internal/chat"
)

// ownerOnly is the mode of every file of the store: they hold what people said
// in private. SQLite gives a journal the mode of its database.
const ownerOnly fs.FileMode = 0o600

// createFile creates an empty database if there is none: SQLite would create one
// that others may read.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, ownerOnly)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// closeToOthers removes the access of other users to the database and its
// journal, which an earlier Maru or a person may have given them.
func closeToOthers(path string) error {
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return err
		case info.Mode().Perm()&^ownerOnly == 0:
			continue
		}
		if err := os.Chmod(file, ownerOnly); err != nil {
			return chat.Errorf(chat.CodeInternal, "others may read %s, and this user may not change that", filepath.Base(file))
		}
	}
	return nil
}
