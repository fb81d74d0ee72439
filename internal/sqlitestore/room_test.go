package sqlitestore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/sqlitestore"
)

// room writes to one room of a store, one entry after the other.
type room struct {
	store  *sqlitestore.Store
	id     chat.RoomID
	cursor chat.Cursor
	now    time.Time
	n      int
}

const (
	owner = chat.UserID("u-owner")
	guest = chat.UserID("u-guest")
)

func newRoom(t testing.TB, store *sqlitestore.Store, id chat.RoomID) *room {
	t.Helper()
	r := &room{store: store, id: id, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	r.add(t, chat.Content{
		Kind: chat.KindCreated, Title: "마루", Visibility: chat.Public,
		Founders: []chat.Founder{{User: owner, Name: "주인", Role: chat.RoleOwner}},
	})
	return r
}

func (r *room) draft(c chat.Content) *chat.Draft {
	r.n++
	r.now = r.now.Add(time.Second)
	return &chat.Draft{
		Room: r.id, Author: owner, ID: chat.EntryID(fmt.Sprintf("e%d", r.n)), Content: c, Since: r.cursor, Now: r.now,
	}
}

func (r *room) add(t testing.TB, c chat.Content) chat.Entry {
	t.Helper()
	d := r.draft(c)
	scanned, err := r.store.Scan(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	appended, err := r.store.Append(t.Context(), d, &scanned)
	if err != nil {
		t.Fatal(err)
	}
	r.cursor = appended.Entry.Cursor()
	return appended.Entry
}

func (r *room) post(t testing.TB, text string) chat.Seq {
	t.Helper()
	return r.add(t, chat.Content{Kind: chat.KindPosted, Text: text}).Seq
}

func (r *room) delete(t testing.TB, post chat.Seq) {
	t.Helper()
	r.add(t, chat.Content{Kind: chat.KindDeleted, Post: post})
}
