package dynamostore

import (
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/chat/storetest"
)

// TestStore_storm has people do everything at once in one room. Six people lose
// slots to each other all the time, so their waits are hasty.
func TestStore_storm(t *testing.T) {
	t.Parallel()
	homes := map[string]func(t *testing.T, seed uint64) (url string){
		"without faults": func(t *testing.T, _ uint64) string { return endpoint(t) },
		"under faults":   func(t *testing.T, seed uint64) string { return startFaulty(t, seed).Endpoint() },
	}
	for name, start := range homes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := chattest.Seed(t)
			client := connect(start(t, seed))
			storetest.RunStorm(t, storetest.StormHarness{
				Seed: seed, Acts: 20,
				Open: func(testing.TB) chat.Ports {
					s := New(Config{Client: client, Table: tableName, Sleep: hasty})
					return chat.Ports{Log: s, Rooms: s, Members: s, Accounts: s}
				},
			})
		})
	}
}
