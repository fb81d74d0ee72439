// Command bench measures a resident Maru from outside: this process generates the
// load, and bin/maru serves it. Both share the machine, so the generator does as
// little as it can: it counts frames without decoding them and measures latency
// at one listener in twenty. It also measures the cold start of the functions of
// the serverless home.
//
// After each paced fan-out it measures a process that only writes to sockets: no
// server can take less than that.
//
//	go run ./e2e/bench                            everything, the median of 5 runs
//	go run ./e2e/bench -only posts-256 -runs 1    one scenario, once
//	go run ./e2e/bench -list
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	var b bench
	only := flag.String("only", "", "scenarios to run, separated by commas (all)")
	list := flag.Bool("list", false, "list the scenarios")
	flag.IntVar(&b.runs, "runs", 5, "runs of each scenario; the median is printed")
	flag.DurationVar(&b.span, "span", 8*time.Second, "how long a load is measured")
	flag.StringVar(&b.program, "program", "bin/maru", "the binary to measure")
	var alone bare
	flag.Var(&alone, bareFlag, "ROOMSxLISTENERS@POSTS: be the process that only writes, with which fan-outs are compared")
	flag.Parse()
	if *list {
		for _, s := range scenarios {
			fmt.Printf("%-14s %s\n", s.name, s.what)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	work := func() error { return b.run(ctx, *only) }
	if alone.posts > 0 {
		work = func() error { return alone.serve(ctx, os.Stdin, os.Stdout) }
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures the scenarios that were asked for and prints each when it is done.
func (b *bench) run(ctx context.Context, only string) error {
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	if b.folder, err = os.MkdirTemp("", "maru-bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.folder) }()
	printHead()
	for _, s := range chosen {
		var all runs
		for range b.runs {
			figures, err := s.measure(ctx, b)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			all = append(all, figures)
		}
		all.print(s.name)
	}
	return nil
}

func choose(only string) ([]scenario, error) {
	if only == "" {
		return scenarios, nil
	}
	var chosen []scenario
	for name := range strings.SplitSeq(only, ",") {
		found := false
		for _, s := range scenarios {
			if s.name == name {
				chosen, found = append(chosen, s), true
			}
		}
		if !found {
			return nil, fmt.Errorf("no scenario %q: see -list", name)
		}
	}
	return chosen, nil
}
