// Package crash kills a Maru under load, starts it again, and checks what the
// people who were talking then have.
//
// SIGKILL ends the process, not the machine: the kernel still writes what it
// holds. That an acknowledged entry survives a power cut is shown by the store's
// own test of when it syncs.
package crash
