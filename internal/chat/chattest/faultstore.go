package chattest

import (
	"context"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// Op names a method of a store.
type Op string

// The methods that a FaultStore can fail, by port.
const (
	OpScan    Op = "Scan"
	OpAppend  Op = "Append"
	OpRead    Op = "Read"
	OpHistory Op = "History"
	OpHeads   Op = "Heads"

	OpFindRooms Op = "FindRooms"
	OpPublic    Op = "Public"
	OpPost      Op = "Post"

	OpFindMembers Op = "FindMembers"
	OpListMembers Op = "ListMembers"
	OpRoomsOf     Op = "RoomsOf"

	OpMarks         Op = "Marks"
	OpAdvance       Op = "Advance"
	OpMentions      Op = "Mentions"
	OpCountMentions Op = "CountMentions"

	OpUser       Op = "User"
	OpSaveUser   Op = "SaveUser"
	OpTicket     Op = "Ticket"
	OpSaveTicket Op = "SaveTicket"
	OpUseTicket  Op = "UseTicket"

	OpSearch Op = "Search"
)

// Writes are the methods that change a store.
var Writes = []Op{OpAppend, OpAdvance, OpSaveUser, OpSaveTicket, OpUseTicket}

// Scan implements chat.Log.
func (f *FaultStore) Scan(ctx context.Context, d *chat.Draft) (chat.Scanned, error) {
	return call(ctx, f, OpScan, func(ctx context.Context) (chat.Scanned, error) { return f.store.Scan(ctx, d) })
}

// Append implements chat.Log.
func (f *FaultStore) Append(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
	// An undecided append outlives the call, and its caller may change these.
	draft, scan := *d, *scanned
	return call(ctx, f, OpAppend, func(ctx context.Context) (chat.Appended, error) { return f.store.Append(ctx, &draft, &scan) })
}

// Read implements chat.Log.
func (f *FaultStore) Read(ctx context.Context, room chat.RoomID, after chat.Cursor, limit int) (chat.LogPage, error) {
	return call(ctx, f, OpRead, func(ctx context.Context) (chat.LogPage, error) { return f.store.Read(ctx, room, after, limit) })
}

// History implements chat.Log.
func (f *FaultStore) History(ctx context.Context, room chat.RoomID, before chat.Seq, limit int) (chat.HistoryPage, error) {
	return call(ctx, f, OpHistory, func(ctx context.Context) (chat.HistoryPage, error) {
		return f.store.History(ctx, room, before, limit)
	})
}

// Heads implements chat.Log.
func (f *FaultStore) Heads(ctx context.Context, rooms []chat.RoomID) ([]chat.Head, error) {
	return call(ctx, f, OpHeads, func(ctx context.Context) ([]chat.Head, error) { return f.store.Heads(ctx, rooms) })
}

// FindRooms implements chat.Rooms.
func (f *FaultStore) FindRooms(ctx context.Context, ids ...chat.RoomID) ([]chat.Room, error) {
	return call(ctx, f, OpFindRooms, func(ctx context.Context) ([]chat.Room, error) { return f.store.FindRooms(ctx, ids...) })
}

// Public implements chat.Rooms.
func (f *FaultStore) Public(ctx context.Context, after chat.RoomID, limit int) ([]chat.Room, error) {
	return call(ctx, f, OpPublic, func(ctx context.Context) ([]chat.Room, error) { return f.store.Public(ctx, after, limit) })
}

// Post implements chat.Rooms.
func (f *FaultStore) Post(ctx context.Context, room chat.RoomID, seq chat.Seq) (chat.Post, error) {
	return call(ctx, f, OpPost, func(ctx context.Context) (chat.Post, error) { return f.store.Post(ctx, room, seq) })
}

// FindMembers implements chat.Members.
func (f *FaultStore) FindMembers(ctx context.Context, room chat.RoomID, users ...chat.UserID) ([]chat.Member, error) {
	return call(ctx, f, OpFindMembers, func(ctx context.Context) ([]chat.Member, error) {
		return f.store.FindMembers(ctx, room, users...)
	})
}

// ListMembers implements chat.Members.
func (f *FaultStore) ListMembers(ctx context.Context, room chat.RoomID, after chat.UserID, limit int) ([]chat.Member, error) {
	return call(ctx, f, OpListMembers, func(ctx context.Context) ([]chat.Member, error) {
		return f.store.ListMembers(ctx, room, after, limit)
	})
}

// RoomsOf implements chat.Members.
func (f *FaultStore) RoomsOf(ctx context.Context, user chat.UserID) ([]chat.Member, error) {
	return call(ctx, f, OpRoomsOf, func(ctx context.Context) ([]chat.Member, error) { return f.store.RoomsOf(ctx, user) })
}

// Marks implements chat.Marks.
func (f *FaultStore) Marks(ctx context.Context, user chat.UserID) (map[chat.RoomID]chat.Mark, error) {
	return call(ctx, f, OpMarks, func(ctx context.Context) (map[chat.RoomID]chat.Mark, error) { return f.store.Marks(ctx, user) })
}

// Advance implements chat.Marks.
func (f *FaultStore) Advance(ctx context.Context, user chat.UserID, room chat.RoomID, mark chat.Mark) (rose bool, err error) {
	return call(ctx, f, OpAdvance, func(ctx context.Context) (bool, error) { return f.store.Advance(ctx, user, room, mark) })
}

// Mentions implements chat.Marks.
func (f *FaultStore) Mentions(ctx context.Context, user chat.UserID, before chat.Mention, limit int) ([]chat.Mention, error) {
	return call(ctx, f, OpMentions, func(ctx context.Context) ([]chat.Mention, error) {
		return f.store.Mentions(ctx, user, before, limit)
	})
}

// CountMentions implements chat.Marks.
func (f *FaultStore) CountMentions(ctx context.Context, user chat.UserID, after map[chat.RoomID]chat.Seq) (map[chat.RoomID]int, error) {
	return call(ctx, f, OpCountMentions, func(ctx context.Context) (map[chat.RoomID]int, error) {
		return f.store.CountMentions(ctx, user, after)
	})
}

// User implements chat.Accounts.
func (f *FaultStore) User(ctx context.Context, id chat.UserID) (chat.User, error) {
	return call(ctx, f, OpUser, func(ctx context.Context) (chat.User, error) { return f.store.User(ctx, id) })
}

// SaveUser implements chat.Accounts.
func (f *FaultStore) SaveUser(ctx context.Context, u chat.User) (chat.User, error) {
	return call(ctx, f, OpSaveUser, func(ctx context.Context) (chat.User, error) { return f.store.SaveUser(ctx, u) })
}

// Ticket implements chat.Accounts.
func (f *FaultStore) Ticket(ctx context.Context, hash string) (chat.Ticket, error) {
	return call(ctx, f, OpTicket, func(ctx context.Context) (chat.Ticket, error) { return f.store.Ticket(ctx, hash) })
}

// SaveTicket implements chat.Accounts.
func (f *FaultStore) SaveTicket(ctx context.Context, t chat.Ticket, now time.Time) error {
	return callVoid(ctx, f, OpSaveTicket, func(ctx context.Context) error { return f.store.SaveTicket(ctx, t, now) })
}

// UseTicket implements chat.Accounts.
func (f *FaultStore) UseTicket(ctx context.Context, hash, by string, now time.Time) (chat.Ticket, error) {
	return call(ctx, f, OpUseTicket, func(ctx context.Context) (chat.Ticket, error) { return f.store.UseTicket(ctx, hash, by, now) })
}

// Search implements chat.Search.
func (f *FaultStore) Search(ctx context.Context, q chat.Query) (chat.Found, error) {
	return call(ctx, f, OpSearch, func(ctx context.Context) (chat.Found, error) { return f.store.Search(ctx, q) })
}

// callVoid is call for methods that return an error alone.
func callVoid(ctx context.Context, f *FaultStore, op Op, do func(context.Context) error) error {
	_, err := call(ctx, f, op, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) })
	return err
}
