// Package chat is the domain of Maru: rooms, members, entries, marks, and
// every rule about who may do what. It imports the standard library only and
// knows nothing of sockets, HTTP, JSON, SQL or AWS; those are adapters behind
// the ports that ports.go declares.
//
// A room is an append-only log of entries numbered 1, 2, 3 … without holes.
// Every durable fact is an entry, and everything that a user sees is a fold over
// the log. These invariants always hold; each says what would break without it:
//
//   - Entry n+1 is never visible before n is durable. Otherwise a cursor could
//     step over an entry, and no reader would ever ask for it again.
//   - (author, id) names one entry of a room. Otherwise a send that is repeated
//     after a lost acknowledgement would show twice.
//   - An entry is acknowledged only after it would survive a power cut.
//     Otherwise the sender's outbox forgets an entry that nobody has.
//   - A decision rests on a [Basis], and a store refuses a draft whose basis a
//     later entry touched. Otherwise a removed member slips in a last word.
//   - [Service] decides; stores compare numbers and transports carry frames.
//     Otherwise a rule holds in one home and not in the other.
package chat
