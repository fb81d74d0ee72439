// Package resident runs the real maru program as a process on a loopback port:
// for end-to-end tests, and for the load generator, which measures it from
// outside. It never runs the program's code in its own process, and a process
// that it started does not outlive it.
package resident
