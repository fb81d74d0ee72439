package resident

import "syscall"

// dieWithParent makes the kernel end the process when this one dies, so that a
// test run that was killed leaves nothing behind.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
