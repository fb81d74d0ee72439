// Package dynamostore keeps rooms, users and what belongs to them in one
// DynamoDB table. It is not a general DynamoDB layer and holds no rule of the
// chat: it compares the numbers that a draft carries. docs/dynamodb.md lists
// every request and what it consumes.
//
// The items, by partition key / sort key:
//
//	R#room / E#seq          an entry; seq has 12 digits
//	R#room / ROOM           the room as its log made it
//	R#room / M#user         a membership, and U#user / M#room for those in the room
//	U#user / N#at#room#seq  a mention
//	U#user / K#room         a read mark
//	U#user / USER           the user's account
//	P# / R#room             one of the public rooms
//	T#hash / TICKET         a ticket, and T#hash / U#name a use of it
//	L#key / BUCKET          a token bucket
//	S# / name               a secret of the programs
//	U#user / C#conn         a connection, and C#conn / A#room where it listens
//	A#room / C#conn         a listener, and A#room / V#user who was removed
//
// An entry's attributes are the fields that package record names, so that an
// edit or an erasure is an update expression. A post's item also holds what
// later entries made of it: edits (their seqs), deleted (a seq) and rx, a flat
// map from emoji + U+001F + user to the seq that set the reaction.
//
// Invariants:
//
//   - A slot is written only under the condition that it is empty, and only after
//     the slot before it was seen taken. Otherwise there would be holes.
//   - An attempt whose outcome is not known is repeated at the same slot, never at
//     the next. Otherwise the entry could stand in both.
//   - An entry and its effects are one item, or one transaction whose first action
//     is the slot. Otherwise a crash could leave half of them.
//   - Slots are never removed or given another key. Otherwise an attempt that
//     arrives late could find its slot empty again.
//   - A change is repeated only under a condition, or if it is idempotent.
//     Otherwise a lost answer would count a ticket's use twice.
//   - A slice of a deleted room's words advances the room only from where the slice
//     began. Otherwise a slice that ran twice, or late, would set the room back, and
//     the stream would start the same slices for ever.
//   - No goroutine outlives a call, because a Lambda function is frozen between two
//     invocations. Flush writes what waits in memory (read marks).
package dynamostore
