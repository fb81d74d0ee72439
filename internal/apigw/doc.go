// Package apigw is what stands between API Gateway and Maru in the serverless
// home: events of Lambda in, answers and pushes out. It is neither the place
// where anything is decided (see chat) nor where anything is kept: rows about
// connections go through interfaces that a store satisfies.
//
// What must always hold, and what breaks without it:
//
//   - Nothing lives between two events but what a store keeps: a process may
//     have seen none of a connection's earlier events, and is frozen after each.
//   - An event's handler returns after all that it started is over: what a frozen
//     process had begun would be finished minutes later, or never.
//   - Who is at the other end of a connection is what the authorizer found out,
//     never what a frame says.
//   - The address of a sender is API Gateway's, never that of a header: rates by
//     address would otherwise bound nobody.
//   - Whoever pushes an entry skips those who were removed before it, by the
//     evictions that are read with the listeners and by what the append passed.
//     Or a removed member would read on.
//   - A connection that cannot be reached is believed to be dead only some time
//     after its connect. Or a push that comes before the answer to $connect would
//     cut the page off from its rooms.
//   - A sender waits a second at most for pushes. Or one phone in a tunnel would
//     hold up every acknowledgement.
package apigw
