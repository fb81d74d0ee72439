// Package bootstrap builds the one program of the serverless home as it is
// deployed, and runs it against a Lambda Runtime API of its own on loopback: for
// tests and benches that need the real process and no emulator around it.
package bootstrap
