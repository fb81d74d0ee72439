// Package outage tests the serverless home while parts of it fail: connections end
// or vanish without $disconnect, functions are killed between a write and its
// pushes, and the table is slow, refuses requests or leaves their outcome
// undecided. It also tests rooms of many people and a restored table.
//
// Most tests end in the same way: everything that anybody sent is acknowledged,
// after a refusal as unavailable if need be; every client's view equals the log;
// and the log is 1…n, with nothing lost and nothing duplicated.
package outage
