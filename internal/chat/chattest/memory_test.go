package chattest_test

import (
	"strings"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/chat/storetest"
)

func TestMemory_Log(t *testing.T) {
	storetest.RunLog(t, storetest.LogHarness{
		Open: func(testing.TB) storetest.LogStore {
			m := chattest.NewMemory()
			return storetest.LogStore{
				Log: m, FindRooms: m.FindRooms, Post: m.Post, FindMembers: m.FindMembers, Mentions: m.Mentions, Marks: m.Marks,
				Second: func(testing.TB) chat.Log { return m },
				Stored: func(_ testing.TB, room chat.RoomID) string { return strings.Join(m.Words(room), "\n") },
			}
		},
		Absent: []string{"Settle"},
	})
}
