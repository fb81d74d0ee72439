// Package sqlitestore keeps all of a resident Maru in one SQLite file: the
// logs, what they made, read marks, accounts and the search index. It
// implements chat.Log, Rooms, Members, Marks, Accounts and Search on one
// [Store]. It decides nothing by rule and speaks to no network.
//
// What must always hold, and what breaks without it:
//
//   - One process writes: a lock on the folder is held while a Store is open,
//     because the writer trusts what it remembers of heads, members and users.
//   - One goroutine writes, and acknowledges a transaction's jobs only after
//     its commit was synced (WAL, synchronous=FULL); otherwise a power cut could
//     lose an acknowledged entry.
//   - A job that its checks refuse writes nothing, so it need not be undone and
//     the other jobs of its transaction commit without it.
//   - A transaction that fails clears what the writer remembers: memory never
//     runs ahead of the file.
//   - A deletion erases the words from the entries and from the index in its
//     own commit, except for a large room, which is erased in slices soon after.
//     SQLite overwrites what it frees: after a checkpoint no deleted word is in
//     the file.
//
// The journal of the database, as comments call it, is SQLite's write-ahead log
// (the -wal file); a checkpoint copies it into the database.
package sqlitestore
