// Command cost writes docs/cost.md: what AWS bills for what people do in the
// serverless home, and what that costs. TestCounts counts it, on the deployed
// program, and holds it to counts.json; the prices are in price.go. What AWS
// bills by the gigabyte it keeps or moves is not counted here.
//
// What must always hold, and what breaks without it:
//
//   - A figure on the page is counted, or computed from counts before the
//     reader's eyes, or called an assumption: or nobody could tell which of them
//     a change of the program moves.
//   - Whatever changes a count fails TestCounts: or the hot path grows dearer
//     and nobody notices.
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
