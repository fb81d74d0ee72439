package main

import "testing"

func TestBatches(t *testing.T) {
	t.Parallel()
	look := func(lines ...string) batches {
		b := batches{atMost: map[float64]float64{}}
		for _, line := range lines {
			b.take(line)
		}
		return b
	}
	earlier := look(`maru_commit_writes_bucket{le="1"} 7`, `maru_commit_writes_bucket{le="3"} 7`,
		"maru_commit_writes_sum 7", "maru_commit_writes_count 7")
	later := look("# HELP maru_commit_writes Writes in a transaction.", "maru_connections 400",
		`maru_commit_writes_bucket{le="1"} 8`, `maru_commit_writes_bucket{le="3"} 16`,
		`maru_commit_writes_bucket{le="7"} 17`, `maru_commit_writes_bucket{le="+Inf"} 17`,
		"maru_commit_writes_sum 37", "maru_commit_writes_count 17").since(earlier)

	if later.commits != 10 || later.writes != 30 {
		t.Errorf("%v commits of %v writes, want 10 of 30", later.commits, later.writes)
	}
	for share, want := range map[float64]float64{0.1: 1, 0.5: 3, 0.99: 7} {
		if got := later.most(share); got != want {
			t.Errorf("%v of the commits carry at most %v, want %v", share, got, want)
		}
	}
	if got := look().most(0.5); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}
