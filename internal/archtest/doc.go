// Package archtest tests the rules of which package may import which. It has no
// code that another package could call.
//
// The tests parse every Go file of the module in-process, whatever its build
// tags. They do not run the go command: the test cache knows only the files that
// the test process itself opens, so the result would come from the cache and stay
// green after a rule is broken.
//
// Invariants:
//   - A package that no rule names is a failure, so every new package gets a
//     place.
//   - Each rule has its reason beside it (rules_test.go), and a test shows that it
//     catches a made-up file that breaks it (archtest_test.go).
package archtest
