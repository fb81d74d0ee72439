package apigw_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/storetest"
	"github.com/maru-chat/maru/internal/wire"
)

func TestAudience(t *testing.T) {
	t.Parallel()
	storetest.RunAudience(t, storetest.AudienceHarness{Run: func(t *testing.T, do func(testing.TB, storetest.AudienceHome)) {
		h := newHome(t, nil)
		opened, heard := map[chat.ConnID]apigw.Row{}, map[chat.ConnID]int{}
		do(t, storetest.AudienceHome{
			Subscriptions: h.audience, Audience: h.audience, Log: h.store,
			Connect: func(user chat.UserID) chat.ConnID {
				row := h.rowAt("", user, chat.ConnID(fmt.Sprintf("%s%d=", user, len(opened))))
				if err := h.rows.SaveConnection(t.Context(), row); err != nil {
					t.Fatal(err)
				}
				h.gateway.Open(row.Conn)
				opened[row.Conn] = row
				return row.Conn
			},
			Event: func(ctx context.Context, conn chat.ConnID) context.Context {
				return apigw.DuringEvent(ctx, opened[conn])
			},
			Told: func(conn chat.ConnID) []storetest.Told {
				messages := h.gateway.Messages(conn)[heard[conn]:]
				heard[conn] += len(messages)
				return toldOf(framesOf(t, messages...))
			},
		})
	}})
}

// toldOf lists the entries and the memberships that the frames tell of.
func toldOf(frames []wire.ServerFrame) (told []storetest.Told) {
	for _, f := range frames {
		switch f := f.(type) {
		case *wire.EntryAppended:
			told = append(told, storetest.Told{Room: f.Room, Seq: f.Entry.Seq})
		case *wire.RoomGained:
			told = append(told, storetest.Told{Room: f.Room})
		}
	}
	return told
}
