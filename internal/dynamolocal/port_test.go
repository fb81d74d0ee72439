package dynamolocal

import (
	"math/rand/v2"
	"testing"
)

func TestClaimPort_isNobodyElses(t *testing.T) {
	t.Parallel()
	// Not the usual one, which a package that is tested now may wait for.
	first, err := claimPort(lowestPort + rand.IntN(ports))
	for range portAttempts {
		if err == nil {
			break
		}
		first, err = claimPort(lowestPort + rand.IntN(ports))
	}
	if err != nil {
		t.Fatal(err)
	}
	// Java has not bound it yet, and may take seconds until it does.
	if _, err := claimPort(first.number); err == nil {
		t.Errorf("port %d was given out twice", first.number)
	}
	if err := first.claim.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := claimPort(first.number)
	if err != nil {
		t.Fatalf("port %d is not free once it was given back: %v", first.number, err)
	}
	if err := again.claim.Close(); err != nil {
		t.Error(err)
	}
}
