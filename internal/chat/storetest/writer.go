package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/maru-chat/maru/internal/chat"
)

// unique returns an id that no other case has.
func unique(prefix string) string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return prefix + "-" + hex.EncodeToString(b[:])
}

func uniqueRoom() chat.RoomID   { return chat.RoomID(unique("room")) }
func uniqueUser() chat.UserID   { return chat.UserID(unique("user")) }
func uniqueEntry() chat.EntryID { return chat.EntryID(unique("e")) }
func uniqueHash() string        { return unique("hash") }

// writer writes to one room as a client and a service together would, one
// entry after the other, and keeps what was acknowledged.
type writer struct {
	log   chat.Log
	room  chat.RoomID
	owner chat.UserID
	// now is the time of the last draft; each draft moves it on.
	now time.Time
	// cursor is the newest entry that the writer knows.
	cursor chat.Cursor
	// acked are the entries as Append returned them.
	acked []chat.Entry
}

var startOfTime = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// newWriter makes a public room with one owner.
func newWriter(t testing.TB, log chat.Log) *writer {
	t.Helper()
	return newWriterOf(t, log, uniqueRoom(), chat.Public)
}

func newWriterOf(t testing.TB, log chat.Log, room chat.RoomID, visibility chat.Visibility) *writer {
	t.Helper()
	w := &writer{log: log, room: room, owner: uniqueUser(), now: startOfTime}
	w.add(t, chat.Content{
		Kind: chat.KindCreated, Title: "마루", Visibility: visibility,
		Founders: []chat.Founder{{User: w.owner, Name: "주인", Role: chat.RoleOwner}},
	})
	return w
}

// draft returns a draft by the owner that names the newest entry as Since.
func (w *writer) draft(c chat.Content) *chat.Draft {
	w.now = w.now.Add(7 * time.Millisecond)
	return &chat.Draft{
		Room: w.room, Author: w.owner, ID: uniqueEntry(), Content: c, Since: w.cursor, Now: w.now,
	}
}

// add appends an entry by the owner.
func (w *writer) add(t testing.TB, c chat.Content) chat.Entry {
	t.Helper()
	return w.commit(t, w.draft(c))
}

// addAs appends an entry by the user.
func (w *writer) addAs(t testing.TB, author chat.UserID, c chat.Content) chat.Entry {
	t.Helper()
	d := w.draft(c)
	d.Author = author
	return w.commit(t, d)
}

// commit scans and appends a draft that must be new.
func (w *writer) commit(t testing.TB, d *chat.Draft) chat.Entry {
	t.Helper()
	appended, err := send(t.Context(), w.log, d)
	if err != nil {
		t.Fatalf("append %s to %s: %v", d.Kind, d.Room, err)
	}
	if appended.Existed {
		t.Fatalf("append %s to %s: a new entry was taken for entry %d", d.Kind, d.Room, appended.Entry.Seq)
	}
	w.saw(&appended.Entry)
	return appended.Entry
}

func (w *writer) saw(e *chat.Entry) {
	w.acked = append(w.acked, *e)
	w.cursor = e.Cursor()
}

// addPosts appends n plain posts.
func (w *writer) addPosts(t testing.TB, n int) {
	t.Helper()
	for range n {
		w.addQuickly(t, post("또"))
	}
}

// addQuickly appends an entry by the owner without a scan: nobody else writes,
// so the writer knows the head.
func (w *writer) addQuickly(t testing.TB, c chat.Content) {
	t.Helper()
	scanned := chat.Scanned{Head: w.acked[len(w.acked)-1].Head()}
	appended, err := w.log.Append(t.Context(), w.draft(c), &scanned)
	if err != nil {
		t.Fatalf("append %s to %s: %v", c.Kind, w.room, err)
	}
	w.saw(&appended.Entry)
}

// send scans and appends, or returns the copy that the scan found.
func send(ctx context.Context, log chat.Log, d *chat.Draft) (chat.Appended, error) {
	scanned, err := log.Scan(ctx, d)
	if err != nil {
		return chat.Appended{}, err
	}
	if scanned.Found != nil {
		return chat.Appended{Entry: *scanned.Found, Existed: true}, nil
	}
	return log.Append(ctx, d, &scanned)
}

func scan(t testing.TB, log chat.Log, d *chat.Draft) *chat.Scanned {
	t.Helper()
	scanned, err := log.Scan(t.Context(), d)
	if err != nil {
		t.Fatalf("scan %s after %s: %v", d.Room, d.Since, err)
	}
	return &scanned
}

// replay returns the fold of the acknowledged entries, and the log as it should
// read now, with bodies replaced and erased.
func replay(acked []chat.Entry) (*chat.Fold, []chat.Entry) {
	fold := chat.NewFold()
	log := append([]chat.Entry(nil), acked...)
	for i := range acked {
		e := &acked[i]
		fold.Apply(e)
		edited := fold.Posts[e.Post]
		switch {
		case e.Kind == chat.KindRoomDeleted:
			emptyAll(log)
		case edited == nil:
		case e.Kind == chat.KindEdited:
			log[edited.Seq-1].Text = e.Text
		case e.Kind == chat.KindDeleted:
			for _, seq := range chat.ErasedBy(edited) {
				log[seq-1].Text = ""
			}
		}
	}
	return fold, log
}

func emptyAll(entries []chat.Entry) {
	for i := range entries {
		entries[i].Text = ""
	}
}

// readAll reads the whole log by pages of limit.
func readAll(t testing.TB, log chat.Log, room chat.RoomID, limit int) []chat.Entry {
	t.Helper()
	var entries []chat.Entry
	var cursor chat.Cursor
	for {
		page, err := log.Read(t.Context(), room, cursor, limit)
		if err != nil {
			t.Fatalf("read %s after %s: %v", room, cursor, err)
		}
		entries = append(entries, page.Entries...)
		if !page.More {
			return entries
		}
		if len(page.Entries) == 0 {
			t.Fatalf("read %s after %s: an empty page says that there is more", room, cursor)
		}
		cursor = entries[len(entries)-1].Cursor()
	}
}

// concurrently runs n functions at once and waits for all.
func concurrently(n int, run func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { run(i) })
	}
	wg.Wait()
}

func wantEqual(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func wantCode(t testing.TB, what string, err error, code chat.Code) {
	t.Helper()
	if chat.CodeOf(err) != code {
		t.Errorf("%s: got error %v, want code %q", what, err, code)
	}
}

func must[T any](t testing.TB, what string) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return v
	}
}
