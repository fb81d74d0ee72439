package storetest

import (
	"context"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

// baseless appends drafts without their basis.
type baseless struct{ chat.Log }

func (b baseless) Append(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
	draft := *d
	draft.Basis = nil
	return b.Log.Append(ctx, &draft, scanned)
}

// miscounted counts one member too many.
type miscounted struct{ *chattest.Memory }

func (b miscounted) FindRooms(ctx context.Context, ids ...chat.RoomID) ([]chat.Room, error) {
	rooms, err := b.Memory.FindRooms(ctx, ids...)
	for i := range rooms {
		rooms[i].Members++
	}
	return rooms, err
}

func TestRunStorm_NoticesDefects(t *testing.T) {
	seed := chattest.Seed(t)
	for defect, open := range map[string]func() chat.Ports{
		"ignores the basis": func() chat.Ports {
			s := chattest.NewFaultStore(chattest.NewMemory()) // it lets others in between
			return chat.Ports{Log: baseless{s}, Rooms: s, Members: s, Accounts: s}
		},
		"counts a member too many": func() chat.Ports {
			m := chattest.NewMemory()
			return chat.Ports{Log: m, Rooms: miscounted{m}, Members: m, Accounts: m}
		},
		"forgets who left": func() chat.Ports {
			m := chattest.NewMemory()
			return chat.Ports{Log: m, Rooms: m, Members: forgetfulMembers{m}, Accounts: m}
		},
	} {
		t.Run(defect, func(t *testing.T) {
			t.Parallel()
			isNoticed := false
			for round := uint64(0); !isNoticed && round < 50; round++ {
				isNoticed = fails(t, func(t testing.TB) {
					RunStorm(t, StormHarness{Seed: seed + round, Open: func(testing.TB) chat.Ports { return open() }})
				})
			}
			if !isNoticed {
				t.Error("50 storms passed")
			}
		})
	}
}
