//go:build !linux

package serverless

import "syscall"

// ownGroup gives the process a group of its own. Only Linux can tie its life to
// this process's.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
