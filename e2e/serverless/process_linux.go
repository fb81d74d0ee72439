package serverless

import "syscall"

// ownGroup puts the process into a group of its own, so that it can be killed
// together with its children, and has the kernel kill it when this process dies.
// Its children then lose the Runtime API that they poll, and exit too.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
