// Package crash kills a Maru under load, starts it again, and has judged what
// the people who were talking have then.
//
// SIGKILL ends the process, not the machine: what the kernel holds is still
// written. That an acknowledged entry would survive a power cut is shown by the
// store's own test of when it syncs.
package crash
