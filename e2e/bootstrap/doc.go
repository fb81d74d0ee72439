// Package bootstrap builds the program of the serverless home as it is deployed,
// and runs it against a Lambda Runtime API of its own on loopback, for tests and
// benches that need the real process without an emulator around it.
package bootstrap
