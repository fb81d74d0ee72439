package main

import (
	"bufio"
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// batches says how many writes the server's transactions carried.
type batches struct {
	commits, writes float64
	// atMost counts the commits of up to so many writes.
	atMost map[float64]float64
}

// batches reads the batches from the server's metrics.
func (s *server) batches(ctx context.Context) (batches, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.metrics, nil)
	if err != nil {
		return batches{}, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return batches{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b := batches{atMost: map[float64]float64{}}
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		b.take(lines.Text())
	}
	return b, lines.Err()
}

// take reads one line of the metrics.
func (b *batches) take(line string) {
	name, text, _ := strings.Cut(line, " ")
	name, isOfWrites := strings.CutPrefix(name, "maru_commit_writes_")
	value, err := strconv.ParseFloat(text, 64)
	if !isOfWrites || err != nil {
		return
	}
	switch name {
	case "count":
		b.commits = value
	case "sum":
		b.writes = value
	}
	size := strings.TrimSuffix(strings.TrimPrefix(name, `bucket{le="`), `"}`)
	if most, err := strconv.ParseFloat(size, 64); err == nil {
		b.atMost[most] = value
	}
}

// since returns what was committed after an earlier reading.
func (b batches) since(earlier batches) batches {
	later := batches{b.commits - earlier.commits, b.writes - earlier.writes, map[float64]float64{}}
	for most, commits := range b.atMost {
		later.atMost[most] = commits - earlier.atMost[most]
	}
	return later
}

// most returns the smallest size, of those that the server tells apart, that this
// share of the commits does not exceed.
func (b batches) most(share float64) float64 {
	var sizes []float64
	for size, commits := range b.atMost {
		if commits >= share*b.commits {
			sizes = append(sizes, size)
		}
	}
	slices.SortFunc(sizes, cmp.Compare)
	if len(sizes) == 0 {
		return 0
	}
	return sizes[0]
}

// figures returns what the bench prints of the batches.
func (b batches) figures() []figure {
	return []figure{
		{name: "writes in a transaction, mean", value: b.writes / max(1, b.commits)},
		{name: "writes in a transaction, p50 up to", value: b.most(0.5)},
		{name: "writes in a transaction, p99 up to", value: b.most(0.99)},
	}
}
