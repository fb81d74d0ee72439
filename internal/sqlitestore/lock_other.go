//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package sqlitestore

import (
	"os"
	"runtime"

	"github.com/maru-chat/maru/internal/chat"
)

// lock refuses: without a lock two servers could write to one file.
func lock(string) (*os.File, error) {
	return nil, chat.Errorf(chat.CodeInternal, "maru cannot lock its folder on %s", runtime.GOOS)
}

func mayWrite(string) error { return nil }

func mayRead(string) error { return nil }
