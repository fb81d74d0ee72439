// Package e2e holds the tests that start the real program and talk to it as
// people's browsers do: the transcripts, the order of starting and stopping.
// The crash test is in e2e/crash, the load generator in e2e/bench.
package e2e
