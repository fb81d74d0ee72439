// Package archtest holds the rules of who may import whom, as a test. It has no
// code that another package could call.
//
// The tests parse every Go file of the module in-process, whatever its build
// tags. They never run the go command: the result of such a test would come
// from the test cache and stay green after a rule is broken, because the cache
// knows only the files that the test process itself opens.
//
// Invariants:
//   - A package that no rule names is a failure, so no new package goes
//     unplaced.
//   - Each rule stands beside its reason (rules_test.go) and is shown to catch a
//     made-up file that breaks it (archtest_test.go).
package archtest
