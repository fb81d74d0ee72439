package limiter_test

import (
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/storetest"
	"github.com/maru-chat/maru/internal/limiter"
)

func TestLimiter_suite(t *testing.T) {
	t.Parallel()
	storetest.RunLimiter(t, storetest.LimiterHarness{
		Open: func(_ testing.TB, now func() time.Time) chat.Limiter { return limiter.New(now) },
	})
}
