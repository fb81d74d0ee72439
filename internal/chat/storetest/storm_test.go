package storetest

import (
	"context"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

// baseless appends whatever decisions relied on.
type baseless struct{ chat.Log }

func (b baseless) Append(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
	draft := *d
	draft.Basis = nil
	return b.Log.Append(ctx, &draft, scanned)
}

func TestRunStorm_NoticesDefects(t *testing.T) {
	seed := chattest.Seed(t)
	isNoticed := false
	for round := uint64(0); !isNoticed && round < 50; round++ {
		isNoticed = fails(t, func(t testing.TB) {
			RunStorm(t, StormHarness{Seed: seed + round, Open: func(testing.TB) chat.Ports {
				s := chattest.NewFaultStore(chattest.NewMemory()) // it lets others in between
				return chat.Ports{Log: baseless{s}, Rooms: s, Members: s, Accounts: s}
			}})
		})
	}
	if !isNoticed {
		t.Error("50 storms over a store that ignores the basis, and none was noticed")
	}
}
