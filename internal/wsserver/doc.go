// Package wsserver holds the sockets of the resident home: it upgrades HTTP
// requests to WebSockets, hands what clients send to the session, and has the hub
// that pushes events to those who listen. It neither defines the protocol
// (internal/wire) nor decides anything (internal/chat), and it stores nothing:
// what is lost here, clients read again from the log.
//
// What must always hold, and what breaks without it:
//
//   - A publisher never waits for a reader: it puts a pointer into bounded
//     queues and goes on. Otherwise one stalled phone would stop a room.
//   - A room's entries are queued in the order of seq without a hole, whatever
//     order they are published in; entries that nobody publishes are read from
//     the log. So a user who was removed by entry n gets nothing after n.
//     Otherwise a removed member could read on.
//   - A client that loses pushes of a room gets room.behind before any later push
//     of that room. Otherwise it would not know to ask.
//   - An answer is never dropped: the server stops reading from a client that does
//     not read its answers. Otherwise an acknowledgement could be lost on a
//     connection that works.
//   - An idle connection has no buffer and, on Linux, no goroutine. Otherwise ten
//     thousand of them would not fit a small machine.
//
// Locks are taken in the order hub, room, connection, and never held while
// writing to a socket.
package wsserver
