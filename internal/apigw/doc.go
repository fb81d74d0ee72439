// Package apigw connects API Gateway with Maru in the serverless home: it takes
// Lambda events in, and sends answers and pushes out. It decides nothing (see chat)
// and keeps nothing: rows about connections go through interfaces that a store
// satisfies.
//
// Invariants:
//
//   - Nothing lives between two events except what a store keeps: a process may
//     have seen none of a connection's earlier events, and is frozen after each.
//   - An event's handler returns only after everything that it started has ended.
//     Otherwise a frozen process would finish it minutes later, or never.
//   - The identity of a connection is what the authorizer found out, never what a
//     frame says.
//   - The address of a sender is API Gateway's, never a header's. Otherwise rates by
//     address would bound nobody.
//   - A push of an entry skips users who were removed before it, by the evictions
//     that are read with the listeners and by the entries that the append passed.
//     Otherwise a removed member would read on.
//   - A connection that cannot be reached is taken for dead only some time after its
//     connect. Otherwise a push that comes before the answer to $connect would cut
//     the page off from its rooms.
//   - A sender waits at most a second for pushes. Otherwise one phone in a tunnel
//     would hold up every acknowledgement.
package apigw
