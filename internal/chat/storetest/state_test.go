package storetest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

// The types below are memory stores that each break one promise of a port.

type leakingRooms struct{ *chattest.Memory } // lists deleted rooms

func (b leakingRooms) Public(ctx context.Context, after chat.RoomID, limit int) ([]chat.Room, error) {
	rooms, err := b.Memory.Public(ctx, after, limit)
	for _, suffix := range []chat.RoomID{"-25"} {
		found, _ := b.FindRooms(ctx, after+suffix)
		if found[0].IsDeleted {
			rooms = append(rooms, found[0])
		}
	}
	return rooms, err
}

type forgetfulMembers struct{ *chattest.Memory } // forgets who left

func (b forgetfulMembers) FindMembers(ctx context.Context, room chat.RoomID, users ...chat.UserID) ([]chat.Member, error) {
	members, err := b.Memory.FindMembers(ctx, room, users...)
	for i, m := range members {
		if !m.IsMember() {
			members[i] = chat.Member{Room: room, User: m.User}
		}
	}
	return members, err
}

type shrinkingMarks struct { // keeps the mark that came last
	*chattest.Memory
	last map[chat.RoomID]chat.Mark
}

func (b shrinkingMarks) Advance(_ context.Context, _ chat.UserID, room chat.RoomID, mark chat.Mark) (rose bool, err error) {
	rose = mark.Seq > b.last[room].Seq
	b.last[room] = mark
	return rose, nil
}

func (b shrinkingMarks) Marks(context.Context, chat.UserID) (map[chat.RoomID]chat.Mark, error) {
	return maps.Clone(b.last), nil
}

type repeatingMentions struct{ *chattest.Memory } // begins a page with the last of the page before

func (b repeatingMentions) Mentions(ctx context.Context, user chat.UserID, before chat.Mention, limit int) ([]chat.Mention, error) {
	page, err := b.Memory.Mentions(ctx, user, before, limit)
	if len(page) > 0 && before.Seq > 0 {
		page = append([]chat.Mention{before}, page...)[:len(page)]
	}
	return page, err
}

type carelessAccounts struct{ *chattest.Memory } // saves over any version, knows no expiry and no names

func (b carelessAccounts) SaveUser(ctx context.Context, u chat.User) (chat.User, error) {
	stored, _ := b.User(ctx, u.ID)
	u.Version = stored.Version
	return b.Memory.SaveUser(ctx, u)
}

func (b carelessAccounts) SaveTicket(ctx context.Context, t chat.Ticket, now time.Time) error {
	stored, _ := b.Ticket(ctx, t.Hash)
	t.Version = stored.Version
	return b.Memory.SaveTicket(ctx, t, now)
}

func (b carelessAccounts) UseTicket(ctx context.Context, hash, _ string, _ time.Time) (chat.Ticket, error) {
	return b.Memory.UseTicket(ctx, hash, uniqueHash(), startOfTime)
}

type trigramSearch struct{ *chattest.Memory } // finds nothing for words of two syllables

func (b trigramSearch) Search(ctx context.Context, q chat.Query) (chat.Found, error) {
	if len([]rune(q.Text)) < 3 {
		return chat.Found{}, nil
	}
	return b.Memory.Search(ctx, q)
}

type operatorSearch struct{ *chattest.Memory } // knows OR

func (b operatorSearch) Search(ctx context.Context, q chat.Query) (chat.Found, error) {
	q.Text, _, _ = strings.Cut(q.Text, " OR ")
	return b.Memory.Search(ctx, q)
}

type repeatingSearch struct { // pages by offset, from a list that grows
	*chattest.Memory
}

func (b repeatingSearch) Search(ctx context.Context, q chat.Query) (chat.Found, error) {
	found, err := b.Memory.Search(ctx, q)
	if q.Before != "" && len(found.Posts) > 0 {
		found.Posts = slices.Repeat(found.Posts[:1], len(found.Posts))
	}
	return found, err
}

func TestStateSuites_NoticeDefects(t *testing.T) {
	m := chattest.NewMemory
	for _, c := range []struct {
		defect string
		run    func(t testing.TB)
	}{
		{"lists deleted rooms", func(t testing.TB) { b := leakingRooms{m()}; listsPublicRooms(t, b, b) }},
		{"forgets who left", func(t testing.TB) { b := forgetfulMembers{m()}; keepsThoseWhoLeft(t, b, b) }},
		{"lets marks shrink", func(t testing.TB) {
			b := shrinkingMarks{m(), map[chat.RoomID]chat.Mark{}}
			marksOnlyGrow(t, &markTest{Marks: b, log: b})
		}},
		{"repeats a mention", func(t testing.TB) {
			b := repeatingMentions{m()}
			pagesMentions(t, &markTest{Marks: b, log: b})
		}},
		{"saves over any version", func(t testing.TB) { refusesOldVersion(t, carelessAccounts{m()}) }},
		{"lets every concurrent save win", func(t testing.TB) { oneSaveWins(t, carelessAccounts{m()}) }},
		{"saves over any ticket", func(t testing.TB) { refusesOldTicket(t, carelessAccounts{m()}) }},
		{"takes a use each time", func(t testing.TB) { useIsTakenOnce(t, carelessAccounts{m()}) }},
		{"knows no expiry", func(t testing.TB) { ticketExpires(t, carelessAccounts{m()}) }},
		{"finds no words of two syllables", func(t testing.TB) { b := trigramSearch{m()}; matchesWords(t, b, b) }},
		{"knows operators", func(t testing.TB) { b := operatorSearch{m()}; takesOperatorsAsText(t, b, b) }},
		{"repeats a found post", func(t testing.TB) { b := repeatingSearch{m()}; pagesFound(t, b, b) }},
	} {
		t.Run(c.defect, func(t *testing.T) {
			t.Parallel()
			if !fails(t, c.run) {
				t.Error("not noticed")
			}
		})
	}
}
