//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sqlitestore

import (
	"errors"
	"os"
	"syscall"

	"github.com/maru-chat/maru/internal/chat"
)

// lock takes the folder's lock for this process and holds it until the file is
// closed or the process ends.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close() // nothing was written to it
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, chat.Errorf(chat.CodeUnavailable, "another maru is serving this folder")
	}
	return nil, err
}

// mayWrite fails when the file exists and this user may not write to it. SQLite
// would open it all the same and fail at the first write. The file is not opened
// to find out: closing it would drop all locks of this process on it (fcntl(2)).
func mayWrite(path string) error {
	const writeOK = 2 // W_OK of access(2)
	err := syscall.Access(path, writeOK)
	if err == nil || errors.Is(err, syscall.ENOENT) {
		return nil
	}
	return &chat.Error{Code: chat.CodeInternal, Msg: FileName + " may not be written to", Err: err}
}

// mayRead fails when this user may not read the file. As in mayWrite, the file is
// not opened to find out.
func mayRead(path string) error {
	const readOK = 4 // R_OK of access(2)
	err := syscall.Access(path, readOK)
	if errors.Is(err, syscall.EACCES) {
		return &chat.Error{Code: chat.CodeInternal, Msg: FileName + " may not be read", Err: err}
	}
	return err
}
