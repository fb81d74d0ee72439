// Command connbench measures the WebSocket libraries that were considered for
// internal/wsserver, so that the figures of docs/decisions/socket-library.md
// can be taken again. It is a module of its own: what was rejected stays out
// of the dependencies of Maru.
//
// Each candidate runs as a server in a process of its own; this process is the
// client. Rounds are interleaved, one candidate after the other, and the
// printed figures are medians. Everything stays on the loopback address.
//
//	cd internal/wsserver/connbench && go run . -rounds 5
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	var plan plan
	serve := flag.String("serve", "", "run the server of this candidate (used by connbench itself)")
	only := flag.String("only", "", "comma-separated candidates; empty means all")
	flag.IntVar(&plan.idle, "idle", 10000, "idle connections to open")
	flag.IntVar(&plan.listeners, "listeners", 1000, "connections that receive each message")
	flag.IntVar(&plan.rounds, "rounds", 5, "rounds; medians are printed")
	flag.DurationVar(&plan.span, "span", 3*time.Second, "time of each delivery run")
	flag.Parse()
	if *serve != "" {
		if err := runServer(*serve); err != nil {
			log.Fatal(err)
		}
		return
	}
	names := candidateNames()
	if *only != "" {
		names = strings.Split(*only, ",")
	}
	if err := plan.run(names); err != nil {
		log.Fatal(err)
	}
}

// plan is what one invocation measures.
type plan struct {
	idle, listeners, rounds int
	span                    time.Duration
}

// figures are what one server process showed in one round.
type figures struct {
	settled   float64 // kB of resident memory for an idle connection, as the process stood 3 s after the last one
	collected float64 // the same after a garbage collection that returned pages to the system
	connect   float64 // microseconds of CPU for one connect
	paced     float64 // CPU seconds per million deliveries at 30,000 deliveries/s
	saturated float64 // CPU seconds per million deliveries, up to 32 messages in a frame
}

func (p plan) run(names []string) error {
	results := make(map[string][]figures)
	for round := range p.rounds {
		for _, name := range names {
			f, err := p.measure(name)
			if err != nil {
				return fmt.Errorf("round %d, %s: %w", round+1, name, err)
			}
			fmt.Fprintf(os.Stderr, "round %d %-24s %+v\n", round+1, name, f)
			results[name] = append(results[name], f)
		}
	}
	fmt.Println("| candidate | kB/connection, settled | kB/connection, collected | µs CPU/connect | CPU s/million, paced | CPU s/million, saturated |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, name := range names {
		r := results[name]
		fmt.Printf("| %s | %.1f | %.1f | %.0f | %.2f | %.2f |\n", name,
			median(r, func(f figures) float64 { return f.settled }),
			median(r, func(f figures) float64 { return f.collected }),
			median(r, func(f figures) float64 { return f.connect }),
			median(r, func(f figures) float64 { return f.paced }),
			median(r, func(f figures) float64 { return f.saturated }))
	}
	return nil
}

func median(all []figures, of func(figures) float64) float64 {
	values := make([]float64, 0, len(all))
	for _, f := range all {
		values = append(values, of(f))
	}
	slices.Sort(values)
	return values[len(values)/2]
}
