package apigwtest_test

import (
	"sync/atomic"
	"testing"

	"github.com/maru-chat/maru/internal/apigw/apigwtest"
	"github.com/maru-chat/maru/internal/chat"
)

func TestRows(t *testing.T) {
	t.Parallel()
	rows := &apigwtest.Rows{}
	var last atomic.Int64
	apigwtest.RunRows(t, apigwtest.RowsHarness{
		Connections: rows, Listeners: rows,
		Change: func(_ testing.TB, room chat.RoomID, kind chat.Kind, user chat.UserID) chat.Seq {
			e := chat.Entry{Room: room, Seq: chat.Seq(last.Add(1)), Content: chat.Content{Kind: kind, User: user}}
			rows.Follow(&e)
			return e.Seq
		},
		Many: 1001,
	})
}
