package chattest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/chat/storetest"
)

func TestLimiter(t *testing.T) {
	storetest.RunLimiter(t, storetest.LimiterHarness{Open: func(_ testing.TB, now func() time.Time) chat.Limiter {
		return chattest.NewLimiter(now)
	}})
}

func TestFaultStore_IsLinearizable(t *testing.T) {
	seed := chattest.Seed(t)
	for round := range uint64(20) {
		t.Run(fmt.Sprintf("round %d", round), func(t *testing.T) {
			t.Parallel()
			storetest.RunLinearizable(t, storetest.LinearizableHarness{Seed: seed + round, Open: func(testing.TB) chat.Log {
				faults := chattest.NewFaultStore(chattest.NewMemory())
				faults.FailRandomly(seed+round, 0.2)
				return faults
			}})
		})
	}
}

func TestFaultStore_Storm(t *testing.T) {
	seed := chattest.Seed(t)
	for round := range uint64(20) {
		t.Run(fmt.Sprintf("round %d", round), func(t *testing.T) {
			t.Parallel()
			storetest.RunStorm(t, storetest.StormHarness{Seed: seed + round, Open: func(testing.TB) chat.Ports {
				faults := chattest.NewFaultStore(chattest.NewMemory())
				faults.FailRandomly(seed+round, 0.05)
				return chat.Ports{Log: faults, Rooms: faults, Members: faults, Accounts: faults}
			}})
		})
	}
}

// write is one write of a store, and whether it shows.
type write struct {
	op   chattest.Op
	do   func(context.Context, chattest.Store) error
	done func(context.Context, chattest.Store) bool
}

var (
	now    = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	ticket = chat.Ticket{Hash: "h", Kind: chat.TicketInvite, ExpiresAt: now.Add(time.Hour), UsesLeft: 2}
)

var everyWrite = []write{
	{chattest.OpAppend, func(ctx context.Context, s chattest.Store) error {
		_, err := s.Append(ctx, &chat.Draft{Room: "r", Author: "u", ID: "e", Now: now, Content: chat.Content{Kind: chat.KindCreated}}, &chat.Scanned{})
		return err
	}, func(ctx context.Context, s chattest.Store) bool {
		heads, _ := s.Heads(ctx, []chat.RoomID{"r"})
		return heads[0].Seq == 1
	}},
	{chattest.OpAdvance, func(ctx context.Context, s chattest.Store) error {
		_, err := s.Advance(ctx, "u", "r", chat.Mark{Seq: 1})
		return err
	}, func(ctx context.Context, s chattest.Store) bool {
		marks, _ := s.Marks(ctx, "u")
		return marks["r"].Seq == 1
	}},
	{chattest.OpSaveUser, func(ctx context.Context, s chattest.Store) error {
		_, err := s.SaveUser(ctx, chat.User{ID: "u"})
		return err
	}, func(ctx context.Context, s chattest.Store) bool {
		u, _ := s.User(ctx, "u")
		return u.Version == 1
	}},
	{chattest.OpSaveTicket, func(ctx context.Context, s chattest.Store) error {
		other := ticket
		other.Hash = "other"
		return s.SaveTicket(ctx, other, now)
	}, func(ctx context.Context, s chattest.Store) bool {
		_, err := s.Ticket(ctx, "other")
		return err == nil
	}},
	{chattest.OpUseTicket, func(ctx context.Context, s chattest.Store) error {
		_, err := s.UseTicket(ctx, "h", "u", now)
		return err
	}, func(ctx context.Context, s chattest.Store) bool {
		t, _ := s.Ticket(ctx, "h")
		return t.UsesLeft == 1
	}},
}

// eachWrite runs check for every write, against a store that holds a ticket.
func eachWrite(t *testing.T, check func(t *testing.T, w write, faults *chattest.FaultStore, memory *chattest.Memory)) {
	for _, w := range everyWrite {
		t.Run(string(w.op), func(t *testing.T) {
			t.Parallel()
			memory := chattest.NewMemory()
			if err := memory.SaveTicket(t.Context(), ticket, now); err != nil {
				t.Fatal(err)
			}
			check(t, w, chattest.NewFaultStore(memory), memory)
		})
	}
}

func wantLost(t *testing.T, err error) {
	t.Helper()
	if chat.CodeOf(err) != chat.CodeUnavailable {
		t.Errorf("error %v, want code unavailable", err)
	}
}

func TestFaultStore_Fail(t *testing.T) {
	outcomes := []struct {
		fault                     chattest.Fault
		rule                      string
		atOnce, landed, afterDrop bool
	}{
		{chattest.NotSaved, "not saved: nothing was written", false, false, false},
		{chattest.SavedButFailed, "saved but failed: it was written", true, true, true},
		{chattest.Undecided, "undecided: written when it lands, or never", false, true, false},
	}
	for _, want := range outcomes {
		t.Run(want.rule, func(t *testing.T) {
			eachWrite(t, func(t *testing.T, w write, faults *chattest.FaultStore, memory *chattest.Memory) {
				faults.Fail(w.op, 1, want.fault)
				wantLost(t, w.do(t.Context(), faults))
				if got := w.done(t.Context(), memory); got != want.atOnce {
					t.Errorf("written at once: %t", got)
				}
				faults.Land()
				if got := w.done(t.Context(), memory); got != want.landed {
					t.Errorf("written after Land: %t", got)
				}
			})
			eachWrite(t, func(t *testing.T, w write, faults *chattest.FaultStore, memory *chattest.Memory) {
				faults.Fail(w.op, 1, want.fault)
				wantLost(t, w.do(t.Context(), faults))
				faults.Drop()
				faults.Land()
				if got := w.done(t.Context(), memory); got != want.afterDrop {
					t.Errorf("written after Drop: %t", got)
				}
			})
		})
	}
	t.Run("fails the nth call alone, and reads too", func(t *testing.T) {
		faults := chattest.NewFaultStore(chattest.NewMemory())
		faults.Fail(chattest.OpUser, 2, chattest.NotSaved)
		for i := range 3 {
			if _, err := faults.User(t.Context(), "u"); (err != nil) != (i == 1) {
				t.Errorf("call %d: error %v", i+1, err)
			}
		}
		if calls := faults.Calls(chattest.OpUser); calls != 3 {
			t.Errorf("%d calls, want 3", calls)
		}
	})
}

func TestFaultStore_Stall(t *testing.T) {
	t.Run("writes when released", func(t *testing.T) {
		eachWrite(t, func(t *testing.T, w write, faults *chattest.FaultStore, memory *chattest.Memory) {
			stall := faults.Stall(w.op, 1)
			done := make(chan error)
			go func() { done <- w.do(t.Context(), faults) }()
			<-stall.Reached()
			if w.done(t.Context(), memory) {
				t.Error("written before the release")
			}
			stall.Release()
			if err := <-done; err != nil || !w.done(t.Context(), memory) {
				t.Errorf("after the release: error %v, written %t", err, w.done(t.Context(), memory))
			}
		})
	})
	t.Run("writes nothing when the caller gives up", func(t *testing.T) {
		eachWrite(t, func(t *testing.T, w write, faults *chattest.FaultStore, memory *chattest.Memory) {
			stall := faults.Stall(w.op, 1)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- w.do(ctx, faults) }()
			<-stall.Reached()
			cancel()
			wantLost(t, <-done)
			if w.done(t.Context(), memory) {
				t.Error("written after the caller gave up")
			}
		})
	})
}
