package main

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// timerSlack is how late the kernel may wake a thread that sleeps. Go's monitor
// thread asks for 20 µs at a time while there is work, and with the default of
// 50 µs gets them: its wake-ups took a tenth of a busy Maru's processor time.
const timerSlack = time.Millisecond

// relaxTimers sets the timer slack of all threads. A thread inherits it from the
// one that starts it, and the monitor thread is older than any code of ours, so
// the program sets it and then executes itself. It goes on as it is where that
// fails, or where a service manager has set as much.
func relaxTimers() {
	slack, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil || time.Duration(slack) >= timerSlack {
		return
	}
	program, err := os.Executable()
	if err != nil || unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(timerSlack), 0, 0, 0) != nil {
		return
	}
	_ = unix.Exec(program, os.Args, os.Environ()) // returns only if it failed
}
