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
//     its commit was synced (WAL, synchronous=FULL): or an acknowledged entry
//     could be lost in a power cut.
//   - A job that is refused by its checks writes nothing, so that it need not
//     be undone and the others of its transaction commit without it.
//   - A transaction that fails forgets what the writer remembers: memory never
//     runs ahead of the file.
//   - A deletion erases the words from the entries and from the index in its
//     own commit, and SQLite overwrites what it frees: after a checkpoint no
//     deleted word is in the file.
package sqlitestore
