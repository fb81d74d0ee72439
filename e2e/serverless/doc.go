// Package serverless runs the whole serverless home on loopback ports, for
// end-to-end tests and for `make serverless`: API Gateway as serverless-offline
// emulates it, every function as a process of the real program, the page, and
// the poller of the table's stream, all from deploy/serverless.yml. DynamoDB Local
// belongs to the caller, so that data outlives a home that is stopped.
//
// Invariant: a home that was stopped or killed leaves no process and no listening
// port, even if this process is killed (on Linux).
package serverless
