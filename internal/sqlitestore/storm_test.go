package sqlitestore_test

import (
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/chat/storetest"
)

// TestStore_Storm runs the storm with enough people for their writes to share
// transactions, and checks the file afterwards.
func TestStore_Storm(t *testing.T) {
	t.Parallel()
	for rule, share := range map[string]float64{
		"without faults":                 0,
		"with a fault in one call of 20": 0.05,
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			seed := chattest.Seed(t)
			store, dir := open(t)
			storetest.RunStorm(t, storetest.StormHarness{
				Seed: seed, People: 8, Acts: 40,
				Open: func(testing.TB) chat.Ports {
					faults := chattest.NewFaultStore(store)
					faults.FailRandomly(seed, share)
					return chat.Ports{Log: faults, Rooms: faults, Members: faults, Accounts: faults}
				},
			})
			if b := store.Batches(); b.Jobs <= b.Commits {
				t.Errorf("%d writes in %d transactions, want some to share one", b.Jobs, b.Commits)
			}
			if err := check(t, dir); err != nil {
				t.Errorf("check: %v", err)
			}
		})
	}
}
