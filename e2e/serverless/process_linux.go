package serverless

import "syscall"

// ownGroup gives the process a group of its own, so that all that it starts can
// be ended with it, and makes the kernel end it when this process dies. Its
// children then lose the API that they ask for work, and end too.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
