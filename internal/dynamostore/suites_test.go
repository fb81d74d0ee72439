package dynamostore

import (
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/chat/storetest"
	"github.com/maru-chat/maru/internal/faultproxy"
)

func TestStore_Rooms(t *testing.T) {
	t.Parallel()
	url := endpoint(t)
	storetest.RunRooms(t, storetest.RoomsHarness{Open: func(t testing.TB) (chat.Log, chat.Rooms) {
		s := openAt(t, url)
		return s, s
	}})
}

func TestStore_Members(t *testing.T) {
	t.Parallel()
	url := endpoint(t)
	storetest.RunMembers(t, storetest.MembersHarness{Open: func(t testing.TB) (chat.Log, chat.Members) {
		s := openAt(t, url)
		return s, s
	}})
}

func TestStore_Marks(t *testing.T) {
	t.Parallel()
	url := endpoint(t)
	storetest.RunMarks(t, storetest.MarksHarness{
		Open: func(t testing.TB) (chat.Log, chat.Marks) {
			s := openAt(t, url)
			return s, s
		},
		Settle: func(t testing.TB, marks chat.Marks) { flush(t, marks.(*Store)) },
	})
}

func TestStore_Search(t *testing.T) {
	t.Parallel()
	url := endpoint(t)
	storetest.RunSearch(t, storetest.SearchHarness{Open: func(t testing.TB) (chat.Log, chat.Search) {
		s := openAt(t, url)
		return s, s
	}})
}

func TestStore_Accounts(t *testing.T) {
	t.Parallel()
	client := connect(endpoint(t))
	storetest.RunAccounts(t, storetest.AccountsHarness{Open: func(t testing.TB) chat.Accounts {
		return New(Config{Client: client, Table: timelessTable})
	}})
}

func TestStore_Limiter(t *testing.T) {
	t.Parallel()
	client := connect(endpoint(t))
	storetest.RunLimiter(t, storetest.LimiterHarness{Open: func(t testing.TB, now func() time.Time) chat.Limiter {
		return New(Config{Client: client, Table: timelessTable, Now: now})
	}})
}

func TestStore_Accounts_underFaults(t *testing.T) {
	t.Parallel()
	p := startProxy(t, faultproxy.Config{Seed: chattest.Seed(t), Rates: someOfAll})
	client := connect(p.Endpoint())
	storetest.RunAccounts(t, storetest.AccountsHarness{Open: func(t testing.TB) chat.Accounts {
		return New(Config{Client: client, Table: timelessTable, Sleep: hasty})
	}})
}
