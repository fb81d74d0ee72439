package dynamostore

import (
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/chat/storetest"
	"github.com/maru-chat/maru/internal/faultproxy"
)

func TestStore_Accounts(t *testing.T) {
	t.Parallel()
	client := connect(endpoint(t))
	storetest.RunAccounts(t, storetest.AccountsHarness{Open: func(t testing.TB) chat.Accounts {
		return openWith(t, Config{Client: client, Table: timelessTable})
	}})
}

func TestStore_Limiter(t *testing.T) {
	t.Parallel()
	client := connect(endpoint(t))
	storetest.RunLimiter(t, storetest.LimiterHarness{Open: func(t testing.TB, now func() time.Time) chat.Limiter {
		return openWith(t, Config{Client: client, Table: timelessTable, Now: now})
	}})
}

func TestStore_Accounts_underFaults(t *testing.T) {
	t.Parallel()
	p := startProxy(t, faultproxy.Config{Seed: chattest.Seed(t), Rates: someOfAll})
	client := connect(p.Endpoint())
	storetest.RunAccounts(t, storetest.AccountsHarness{Open: func(t testing.TB) chat.Accounts {
		return openWith(t, Config{Client: client, Table: timelessTable})
	}})
}
