//go:build !linux

package resident

import "syscall"

// dieWithParent has nothing to offer here: only Linux ties a process to its parent.
func dieWithParent() *syscall.SysProcAttr { return nil }
