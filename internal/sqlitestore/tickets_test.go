package sqlitestore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

func TestStore_SaveTicket_forgets(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	began := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	save := func(hash string, expiresAt, now time.Time) {
		t.Helper()
		ticket := chat.Ticket{Hash: hash, Kind: chat.TicketInvite, ExpiresAt: expiresAt, UsesLeft: 5}
		if err := s.SaveTicket(t.Context(), ticket, now); err != nil {
			t.Fatal(err)
		}
		if _, err := s.UseTicket(t.Context(), hash, "user", expiresAt.Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	const old = 20
	for i := range old {
		save(fmt.Sprint("old ", i), began.Add(time.Hour), began)
	}
	save("standing", began.Add(90*24*time.Hour), began)

	later := began.Add(time.Hour + chat.TicketGrace + time.Second)
	saves := 0
	for left := old; left > 0; saves++ {
		save(fmt.Sprint("new ", saves), later.Add(time.Hour), later)
		now := countRows(t, dir, "tickets WHERE hash LIKE 'old %'")
		if now >= left {
			t.Fatalf("%d expired tickets are left after save %d, %d before it", now, saves, left)
		}
		left = now
	}
	if saves < 2 {
		t.Errorf("%d tickets were forgotten in %d save", old, saves)
	}
	kept := map[string]int{"tickets": saves + 1, "uses": saves + 1}
	got := map[string]int{"tickets": countRows(t, dir, "tickets"), "uses": countRows(t, dir, "uses")}
	if diff := cmp.Diff(kept, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestOpen_migratesTickets(t *testing.T) {
	t.Parallel()
	dir := fillFirst(t)
	raw(t, dir, `INSERT INTO tickets VALUES ('h', 'invite', 'u', 'r', 'member', 1772355600000000, 3);`)
	s := openIn(t, dir)
	ticket, err := s.Ticket(t.Context(), "h")
	if err != nil || ticket.Version == 0 || ticket.UsesLeft != 3 {
		t.Fatalf("ticket %+v, %v", ticket, err)
	}
	used, err := s.UseTicket(t.Context(), "h", "user", ticket.ExpiresAt.Add(-time.Hour))
	if err != nil || used.UsesLeft != 2 {
		t.Errorf("used %+v, %v", used, err)
	}
}
