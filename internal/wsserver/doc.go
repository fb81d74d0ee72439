// Package wsserver carries Maru's live side in the resident home: it upgrades
// HTTP requests to WebSockets, hands what clients send to the session, and
// holds the hub that pushes events to those who listen. It is not the protocol
// (internal/wire), decides nothing (internal/chat) and keeps nothing on disk:
// what is lost here, readers repair from the log.
//
// What must always hold, and what breaks without it:
//
//   - A publisher never waits for a reader: it puts a pointer into bounded
//     queues and goes. Or one stalled phone would stop a room.
//   - A room's entries are queued in the order of seq without a hole, whatever
//     order the calls come in, and what no call brings is read from the log: so
//     a user who was removed in entry n gets nothing after n. Or a removed
//     member would read on.
//   - Whoever loses pushes of a room is told so with room.behind before any
//     later push of that room. Or a client would not know to ask.
//   - An answer is never dropped: a client that does not read its answers is
//     not read from. Or an acknowledgement would be lost on a live connection.
//   - An idle connection costs one goroutine with a small stack and no buffer.
//     Or ten thousand of them would not fit a small machine.
//
// Locks are taken in the order hub, room, connection, and never held while
// writing to a socket.
package wsserver
