package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// figure is one measured number.
type figure struct {
	name  string
	value float64
	unit  string
	// bar is what the value should reach, 0 for none: a rate should be above it,
	// everything else below.
	bar    float64
	isRate bool
}

// runs has the figures of each run of one scenario, in the same order.
type runs [][]figure

const row = "%-14s %-34s %12s %-8s %-22s %s\n"

// printHead prints how busy the machine was before, and the head of the table.
func printHead() {
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Printf("%d processors, load before: %s\n", runtime.NumCPU(), strings.Join(strings.Fields(string(load))[:3], " "))
	}
	fmt.Printf(row, "scenario", "figure", "median", "", "lowest to highest", "first bar")
}

func (r runs) print(scenario string) {
	for i, f := range r[0] {
		values := make([]float64, len(r))
		for j := range r {
			values[j] = r[j][i].value
		}
		slices.Sort(values)
		spread := number(values[0]) + " to " + number(values[len(values)-1])
		fmt.Printf(row, scenario, f.name, number(median(values)), f.unit, spread, f.verdict(median(values)))
	}
}

// verdict compares the value with the bar.
func (f figure) verdict(value float64) string {
	if f.bar == 0 {
		return ""
	}
	side, isMet := "below", value <= f.bar
	if f.isRate {
		side, isMet = "above", value >= f.bar
	}
	text := side + " " + number(f.bar)
	if !isMet {
		text += "  MISSED"
	}
	return text
}

// number formats v with three significant digits, or with all digits before the
// point if there are more.
func number(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
}

// median returns the median of sorted values.
func median(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[n/2]
}

// percentile sorts all and returns the duration, in milliseconds, below which the
// share of them lies; 0 if there are none.
func percentile(all []time.Duration, share float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return float64(all[int(share*float64(len(all)-1))]) / float64(time.Millisecond)
}
