//go:build !linux

package serverless

import "syscall"

// ownGroup puts the process into a group of its own. Only Linux can kill it when
// this process dies.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
