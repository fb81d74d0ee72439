package wire_test

import (
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	kinds := wire.Kinds()
	for _, k := range chat.Kinds {
		if _, has := kinds[k]; !has {
			t.Errorf("kind %s has no row", k)
		}
	}
	if len(kinds) != len(chat.Kinds) {
		t.Errorf("%d rows for %d kinds", len(kinds), len(chat.Kinds))
	}
}
