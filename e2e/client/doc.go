// Package client speaks maru.v1 as the browser's client does, for tests and for
// the load generator. It keeps everything in memory and shows nothing. It is not
// a library for others to build on.
//
// What must always hold; without it, what the client finds proves nothing about a
// server:
//
//   - At most one entry of a room is being sent: the next waits for the answer.
//   - An entry's since is fixed before its first attempt, and every resend
//     repeats it with the same id. It is raised only after every entry up to the
//     new place was read and the client's own was not among them.
//   - Entries are folded in the order of their seq, each once. The client waits a
//     while for a missing entry, then asks for it.
package client
