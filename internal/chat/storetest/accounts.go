package storetest

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// AccountsHarness gives [RunAccounts] a store.
type AccountsHarness struct {
	Open func(t testing.TB) chat.Accounts
}

type accountsCase struct {
	rule string
	run  func(t testing.TB, accounts chat.Accounts)
}

var accountsCases = []accountsCase{
	{"returns a user as saved, the zero User when absent", savesUser},
	{"refuses to save over a version that it did not read", refusesOldVersion},
	{"lets one of many concurrent saves win", oneSaveWins},
	{"returns a ticket as saved", savesTicket},
	{"refuses to save over a ticket's version that it did not read", refusesOldTicket},
	{"ends a ticket at its ExpiresAt", ticketExpires},
	{"counts a ticket's uses down to none", ticketIsUsedUp},
	{"takes one use for a name, however often it asks", useIsTakenOnce},
	{"gives the one use of a ticket to one of many", oneUseWins},
	{"keeps an expired ticket for its grace, whatever is saved", keepsExpiredTicket},
}

// RunAccounts checks a store against the contract of chat.Accounts.
func RunAccounts(t *testing.T, h AccountsHarness) {
	for _, c := range accountsCases {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			c.run(t, h.Open(t))
		})
	}
}

func savesUser(t testing.TB, accounts chat.Accounts) {
	u := chat.User{ID: uniqueUser(), Name: "가람", CreatedAt: startOfTime}
	got := must[chat.User](t, "user")(accounts.User(t.Context(), u.ID))
	wantEqual(t, "an absent user", got, chat.User{})
	changes := []func(){
		func() {},
		func() { u.Name = "나래 👩‍👩‍👧" },
		func() { u.IsOperator, u.IsUnverified = true, true },
		func() { u.BannedAt = startOfTime.Add(1500 * time.Millisecond) },
		func() { u.BannedAt, u.IsOperator = time.Time{}, false },
	}
	for i, change := range changes {
		change()
		saved := must[chat.User](t, "save")(accounts.SaveUser(t.Context(), u))
		u.Version++
		wantEqual(t, fmt.Sprintf("save %d", i+1), saved, u)
		wantEqual(t, "user", must[chat.User](t, "user")(accounts.User(t.Context(), u.ID)), u)
	}
	if u.Version != int64(len(changes)) {
		t.Errorf("version %d after %d saves", u.Version, len(changes))
	}
}

func refusesOldVersion(t testing.TB, accounts chat.Accounts) {
	u := chat.User{ID: uniqueUser(), Name: "가람", CreatedAt: startOfTime}
	_, err := accounts.SaveUser(t.Context(), chat.User{ID: u.ID, Name: "앞선 이", Version: 1})
	wantCode(t, "a version of an absent user", err, chat.CodeConflict)
	first := must[chat.User](t, "save")(accounts.SaveUser(t.Context(), u))
	_, err = accounts.SaveUser(t.Context(), u)
	wantCode(t, "a new user over a saved one", err, chat.CodeConflict)
	second := must[chat.User](t, "save")(accounts.SaveUser(t.Context(), first))
	_, err = accounts.SaveUser(t.Context(), first)
	wantCode(t, "the version before", err, chat.CodeConflict)
	ahead := second
	ahead.Version++
	_, err = accounts.SaveUser(t.Context(), ahead)
	wantCode(t, "a version ahead", err, chat.CodeConflict)
	wantEqual(t, "user", must[chat.User](t, "user")(accounts.User(t.Context(), u.ID)), second)
}

func oneSaveWins(t testing.TB, accounts chat.Accounts) {
	u := chat.User{ID: uniqueUser(), Name: "처음", CreatedAt: startOfTime}
	for round := range 3 {
		var won atomic.Int32
		concurrently(10, func(i int) {
			mine := u
			mine.Name = fmt.Sprintf("%d번", i)
			_, err := accounts.SaveUser(t.Context(), mine)
			if err == nil {
				won.Add(1)
				return
			}
			wantCode(t, "a loser", err, chat.CodeConflict)
		})
		if won.Load() != 1 {
			t.Fatalf("round %d: %d saves won, want 1", round, won.Load())
		}
		u = must[chat.User](t, "user")(accounts.User(t.Context(), u.ID))
		if u.Version != int64(round+1) {
			t.Errorf("round %d: version %d", round, u.Version)
		}
	}
}

func newTicket(uses int) chat.Ticket {
	return chat.Ticket{
		Hash: uniqueHash(), Kind: chat.TicketInvite, User: uniqueUser(), Room: uniqueRoom(),
		Role: chat.RoleMember, ExpiresAt: startOfTime.Add(time.Hour), UsesLeft: uses,
	}
}

// saveTicket saves a ticket and returns it as it is then stored.
func saveTicket(t testing.TB, accounts chat.Accounts, ticket chat.Ticket) chat.Ticket {
	t.Helper()
	if err := accounts.SaveTicket(t.Context(), ticket, startOfTime); err != nil {
		t.Fatalf("save a ticket: %v", err)
	}
	ticket.Version++
	return ticket
}

func wantTicket(t testing.TB, accounts chat.Accounts, want chat.Ticket) {
	t.Helper()
	wantEqual(t, "ticket", must[chat.Ticket](t, "ticket")(accounts.Ticket(t.Context(), want.Hash)), want)
}

func savesTicket(t testing.TB, accounts chat.Accounts) {
	_, err := accounts.Ticket(t.Context(), uniqueHash())
	wantCode(t, "an absent ticket", err, chat.CodeNotFound)
	_, err = accounts.UseTicket(t.Context(), uniqueHash(), "u", startOfTime)
	wantCode(t, "use of an absent ticket", err, chat.CodeNotFound)
	for _, ticket := range []chat.Ticket{
		newTicket(100),
		{Hash: uniqueHash(), Kind: chat.TicketLink, User: uniqueUser(), ExpiresAt: startOfTime.Add(time.Minute), UsesLeft: 1},
		{Hash: uniqueHash(), Kind: chat.TicketOperator, ExpiresAt: startOfTime.Add(time.Minute), UsesLeft: 1},
	} {
		saved := saveTicket(t, accounts, ticket)
		wantTicket(t, accounts, saved)
		saved.ExpiresAt = startOfTime.Add(time.Second)
		wantTicket(t, accounts, saveTicket(t, accounts, saved))
	}
}

func refusesOldTicket(t testing.TB, accounts chat.Accounts) {
	ticket := newTicket(3)
	ahead := ticket
	ahead.Version = 1
	wantCode(t, "a version of an absent ticket", accounts.SaveTicket(t.Context(), ahead, startOfTime), chat.CodeConflict)
	saved := saveTicket(t, accounts, ticket)
	wantCode(t, "a taken hash", accounts.SaveTicket(t.Context(), ticket, startOfTime), chat.CodeConflict)
	used := must[chat.Ticket](t, "use")(accounts.UseTicket(t.Context(), ticket.Hash, "u", startOfTime))
	wantCode(t, "the version before a use", accounts.SaveTicket(t.Context(), saved, startOfTime), chat.CodeConflict)
	wantTicket(t, accounts, used)
}

func ticketExpires(t testing.TB, accounts chat.Accounts) {
	ticket := saveTicket(t, accounts, newTicket(10))
	for i, c := range []struct {
		now  time.Time
		want chat.Code
	}{
		{startOfTime, ""},
		{ticket.ExpiresAt.Add(-time.Millisecond), ""},
		{ticket.ExpiresAt, chat.CodeNotFound},
		{ticket.ExpiresAt.Add(time.Millisecond), chat.CodeNotFound},
	} {
		_, err := accounts.UseTicket(t.Context(), ticket.Hash, fmt.Sprint("user ", i), c.now)
		wantCode(t, "use at "+c.now.String(), err, c.want)
	}
	_, err := accounts.UseTicket(t.Context(), ticket.Hash, "user 0", ticket.ExpiresAt)
	wantCode(t, "the same use once expired", err, chat.CodeNotFound)
	ticket.UsesLeft, ticket.Version = 8, 3
	wantTicket(t, accounts, ticket)
}

func ticketIsUsedUp(t testing.TB, accounts chat.Accounts) {
	ticket := saveTicket(t, accounts, newTicket(3))
	for ticket.UsesLeft > 0 {
		ticket.UsesLeft--
		ticket.Version++
		by := fmt.Sprint("user ", ticket.UsesLeft)
		got := must[chat.Ticket](t, "use")(accounts.UseTicket(t.Context(), ticket.Hash, by, startOfTime))
		wantEqual(t, "used ticket", got, ticket)
	}
	_, err := accounts.UseTicket(t.Context(), ticket.Hash, "late", startOfTime)
	wantCode(t, "use of a used-up ticket", err, chat.CodeNotFound)
	wantTicket(t, accounts, ticket)
}

func useIsTakenOnce(t testing.TB, accounts chat.Accounts) {
	ticket, other := saveTicket(t, accounts, newTicket(2)), saveTicket(t, accounts, newTicket(1))
	name := strings.Repeat("긴", 85) // 255 bytes
	var used [3]chat.Ticket
	for i, by := range []string{name, "second", name} {
		used[i] = must[chat.Ticket](t, "use")(accounts.UseTicket(t.Context(), ticket.Hash, by, startOfTime))
	}
	wantEqual(t, "ticket of the first use again", used[2], used[1])
	if used[1].UsesLeft != 0 {
		t.Errorf("%d uses are left of 2 after 2", used[1].UsesLeft)
	}
	wantTicket(t, accounts, used[1])
	must[chat.Ticket](t, "use of another ticket")(accounts.UseTicket(t.Context(), other.Hash, name, startOfTime))
}

func oneUseWins(t testing.TB, accounts chat.Accounts) {
	for _, uses := range []int{1, 3} {
		ticket := newTicket(uses)
		saveTicket(t, accounts, ticket)
		var won atomic.Int32
		concurrently(10, func(i int) {
			_, err := accounts.UseTicket(t.Context(), ticket.Hash, fmt.Sprint("user ", i), startOfTime)
			if err == nil {
				won.Add(1)
				return
			}
			wantCode(t, "a loser", err, chat.CodeNotFound)
		})
		if int(won.Load()) != uses {
			t.Errorf("%d took a ticket with %d uses", won.Load(), uses)
		}
	}
	ticket := saveTicket(t, accounts, newTicket(5))
	concurrently(10, func(int) {
		_, err := accounts.UseTicket(t.Context(), ticket.Hash, "user", startOfTime)
		wantCode(t, "one name, many times at once", err, "")
	})
	ticket.UsesLeft, ticket.Version = 4, 2
	wantTicket(t, accounts, ticket)
}

func keepsExpiredTicket(t testing.TB, accounts chat.Accounts) {
	ticket := saveTicket(t, accounts, newTicket(1))
	later := newTicket(1)
	if err := accounts.SaveTicket(t.Context(), later, ticket.ExpiresAt.Add(chat.TicketGrace)); err != nil {
		t.Fatal(err)
	}
	wantTicket(t, accounts, ticket)
}
