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
		Seed:   chattest.Seed(t),
	})
}

func TestMemory_Rooms(t *testing.T) {
	storetest.RunRooms(t, storetest.RoomsHarness{Open: func(testing.TB) (chat.Log, chat.Rooms) {
		m := chattest.NewMemory()
		return m, m
	}})
}

func TestMemory_Members(t *testing.T) {
	storetest.RunMembers(t, storetest.MembersHarness{Open: func(testing.TB) (chat.Log, chat.Members) {
		m := chattest.NewMemory()
		return m, m
	}})
}

func TestMemory_Marks(t *testing.T) {
	storetest.RunMarks(t, storetest.MarksHarness{Open: func(testing.TB) (chat.Log, chat.Marks) {
		m := chattest.NewMemory()
		return m, m
	}})
}

func TestMemory_Accounts(t *testing.T) {
	storetest.RunAccounts(t, storetest.AccountsHarness{Open: func(testing.TB) chat.Accounts { return chattest.NewMemory() }})
}

func TestMemory_Search(t *testing.T) {
	storetest.RunSearch(t, storetest.SearchHarness{Open: func(testing.TB) (chat.Log, chat.Search) {
		m := chattest.NewMemory()
		return m, m
	}})
}
