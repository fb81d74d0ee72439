package main

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// timerSlack is how late the kernel may wake a thread that sleeps. Go's monitor
// thread asks for 20 µs at a time while there is work. With the kernel's default
// of 50 µs it wakes so often that it takes a tenth of a busy Maru's processor time.
const timerSlack = 2 * time.Millisecond

// keepTimers is a variable that, if it is set, leaves the slack as it is.
const keepTimers = "MARU_KEEP_TIMERS"

// relaxTimers sets the timer slack of all threads. A thread inherits it from the
// one that starts it, and the monitor thread is older than any code of ours, so
// the program sets it and then executes itself. It goes on as it is where that
// fails, or where a service manager has set as much.
func relaxTimers() {
	slack, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil || time.Duration(slack) >= timerSlack || os.Getenv(keepTimers) != "" {
		return
	}
	program, err := os.Executable()
	if err != nil || unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(timerSlack), 0, 0, 0) != nil {
		return
	}
	// The variable stops a kernel that forgets the slack from doing this for ever.
	if os.Setenv(keepTimers, "1") == nil {
		_ = unix.Exec(program, os.Args, os.Environ()) // returns only if it failed
	}
}
