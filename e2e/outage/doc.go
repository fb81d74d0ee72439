// Package outage holds the serverless home to its promises while parts of it
// fail: connections that end, functions that are killed between a write and its
// pushes, connections that vanish without a word, a table that is slow, refuses
// and leaves open what it did, and rooms of many.
//
// Each test ends in the same way: everybody is told of all that they sent, or
// was told to try again and was told later; every view is the log, and the log
// is 1…n, with nothing lost and nothing twice.
package outage
