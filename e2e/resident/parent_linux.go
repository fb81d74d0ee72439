package resident

import "syscall"

// dieWithParent makes the kernel kill the process when this one dies, so that a
// test run that is killed leaves no process behind.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
