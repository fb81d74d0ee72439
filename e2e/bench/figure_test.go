package main

import (
	"os"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	if got := median([]float64{1, 2, 10}); got != 2 {
		t.Errorf("of three: %v, want 2", got)
	}
	if got := median([]float64{1, 2, 4, 10}); got != 3 {
		t.Errorf("of four: %v, want 3", got)
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	var all []time.Duration
	for i := range 101 {
		all = append(all, time.Duration(100-i)*time.Millisecond)
	}
	for share, want := range map[float64]float64{0: 0, 0.5: 50, 0.99: 99, 1: 100} {
		if got := percentile(all, share); got != want {
			t.Errorf("%v: %v ms, want %v ms", share, got, want)
		}
	}
	if got := percentile(nil, 0.5); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestFigure_verdict(t *testing.T) {
	t.Parallel()
	rate, cost := figure{bar: 8000, isRate: true}, figure{bar: 13}
	for _, test := range []struct {
		figure figure
		value  float64
		want   string
	}{
		{rate, 8000, "above 8000"},
		{rate, 7999, "above 8000  MISSED"},
		{cost, 13, "below 13.0"},
		{cost, 13.1, "below 13.0  MISSED"},
		{figure{}, 1, ""},
	} {
		if got := test.figure.verdict(test.value); got != test.want {
			t.Errorf("%v: %q, want %q", test.value, got, test.want)
		}
	}
}

func TestValueOf(t *testing.T) {
	t.Parallel()
	frame := []byte(`{"type":"ack","ref":"p","cursor":"3.0123abcd","at":1}`)
	if got := valueOf(frame, "cursor"); got != "3.0123abcd" {
		t.Errorf("cursor = %q", got)
	}
	if got := valueOf(frame, "head"); got != "" {
		t.Errorf("head = %q, want none", got)
	}
}

func TestCPUOf_countsOwnWork(t *testing.T) {
	t.Parallel()
	before, err := cpuOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for after := before; after < before+5*clockTick; {
		if after, err = cpuOf(os.Getpid()); err != nil || time.Now().After(deadline) {
			t.Fatalf("from %v to %v: %v", before, after, err)
		}
	}
}
