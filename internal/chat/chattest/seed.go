package chattest

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// Seed returns the seed of a random test: MARU_SEED if it is set, else a new one.
// It logs the seed, so that a test that fails prints it.
func Seed(t testing.TB) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if set := os.Getenv("MARU_SEED"); set != "" {
		var err error
		if seed, err = strconv.ParseUint(set, 10, 64); err != nil {
			t.Fatalf("MARU_SEED: %v", err)
		}
	}
	t.Logf("MARU_SEED=%d", seed)
	return seed
}
