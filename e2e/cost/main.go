// Command cost writes docs/cost.md: what AWS bills for what people do in the
// serverless home, and what that costs. TestCounts counts it on the deployed
// program and compares it with counts.json; a test of the page does the same for
// hour.json; the prices are in price.go. What AWS bills by the gigabyte stored or
// transferred is not counted here.
//
// Invariants, and what breaks without them:
//
//   - A figure on the page is counted, or computed from counts on the page, or
//     called an assumption. Otherwise nobody could tell which figures a change of
//     the program affects.
//   - A change of a count fails a test. Otherwise the hot path could become more
//     expensive without anybody noticing.
package main

import (
	"fmt"
	"os"
)

//go:generate go run . ../../docs/cost.md

func main() {
	path := "docs/cost.md"
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	if err := run(path); err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

func run(path string) error {
	counts, err := readCounts()
	if err != nil {
		return err
	}
	hour, err := readHour()
	if err != nil {
		return err
	}
	text, err := write(counts, hour)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
