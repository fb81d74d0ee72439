// Package crash kills a Maru under load, starts it again, and judges what the
// people who were talking have then. Its judge looks at evidence only and knows
// no server, so that a test can show that it notices a lost, a doubled and a
// reordered message.
//
// SIGKILL ends the process, not the machine: what the kernel holds is still
// written. That an acknowledged entry would survive a power cut is shown by the
// store's own test of when it syncs.
package crash
