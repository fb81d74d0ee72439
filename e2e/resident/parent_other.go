//go:build !linux

package resident

import "syscall"

// dieWithParent returns nil: only Linux can tie a process to its parent.
func dieWithParent() *syscall.SysProcAttr { return nil }
