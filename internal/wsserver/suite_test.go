package wsserver

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/chat/storetest"
	"github.com/maru-chat/maru/internal/wire"
)

func TestHub_Audience(t *testing.T) {
	t.Parallel()
	storetest.RunAudience(t, storetest.AudienceHarness{Run: func(t *testing.T, do func(testing.TB, storetest.AudienceHome)) {
		synctest.Test(t, func(t *testing.T) {
			log := chattest.NewMemory()
			h := NewHub(log, Limits{})
			defer func() {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				if err := h.Shutdown(ctx); err != nil {
					t.Error(err)
				}
			}()
			peers := map[chat.ConnID]*peer{}
			do(t, storetest.AudienceHome{
				Subscriptions: h, Audience: h, Log: log,
				Connect: func(user chat.UserID) chat.ConnID {
					p := listener(t, h, user)
					peers[p.id] = p
					return p.id
				},
				Told: func(conn chat.ConnID) []storetest.Told { return peers[conn].toldOf() },
			})
		})
	}})
}

// toldOf waits until nothing happens any more and returns the entries and memberships
// that the client was told of since the last call.
func (p *peer) toldOf() (told []storetest.Told) {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, lines := range p.writes {
		for _, line := range lines {
			f, _ := wire.DecodeServer([]byte(line))
			switch f := f.(type) {
			case *wire.EntryAppended:
				told = append(told, storetest.Told{Room: f.Room, Seq: f.Entry.Seq})
			case *wire.RoomGained:
				told = append(told, storetest.Told{Room: f.Room})
			}
		}
	}
	p.writes = nil
	return told
}
