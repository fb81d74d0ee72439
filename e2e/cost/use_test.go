package main

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
)

func TestReconnects_are_those_of_the_page(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../web/src/client/connection.ts")
	must(t, err)
	minutes := func(name string) float64 {
		found := regexp.MustCompile(`(?m)^const ` + name + ` = (\d+) \* 60_000;$`).FindSubmatch(page)
		if found == nil {
			t.Fatalf("the page's connections have no %s in minutes", name)
		}
		n, err := strconv.Atoi(string(found[1]))
		must(t, err)
		return float64(n)
	}
	mean := minutes("LIFETIME_MS") - minutes("LIFETIME_JITTER_MS")/2
	if got := 60 / mean; math.Abs(got-reconnects) > 0.005 {
		t.Errorf("the page connects anew %.2f times an hour, and is priced with %v", got, reconnects)
	}
}
