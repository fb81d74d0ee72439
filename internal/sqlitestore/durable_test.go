package sqlitestore_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/sqlitestore"
)

var watchedOptions = sqlitestore.Options{VFS: watchedVFS}

// openWatchedStore opens a store in dir until the test ends, with its journal watched.
func openWatchedStore(t *testing.T, dir string) (*sqlitestore.Store, *journal) {
	t.Helper()
	j := watch(t, dir)
	s, err := sqlitestore.Open(t.Context(), dir, watchedOptions)
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s)
	return s, j
}

// TestStore_Append_durable shows that when Append returns, the page that holds
// the entry was written to the journal and the journal was synced afterwards.
func TestStore_Append_durable(t *testing.T) {
	t.Parallel()
	t.Run("syncs between each commit and its acknowledgements", func(t *testing.T) {
		t.Parallel()
		s, j := openWatchedStore(t, t.TempDir())
		if early := acknowledgedEarly(t, s, j); early > 0 {
			t.Errorf("%d entries were acknowledged before they were synced", early)
		}
		batches, syncs := s.Batches(), j.countSyncs()
		if batches.Commits == batches.Jobs || syncs < batches.Commits {
			t.Errorf("%d syncs for %+v: want batches of more than one, each synced", syncs, batches)
		}
	})
	t.Run("fails the same test with synchronous off", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		j := watch(t, dir)
		s, err := sqlitestore.OpenUnsynced(dir, watchedOptions)
		if err != nil {
			t.Fatal(err)
		}
		closeAfter(t, s)
		if acknowledgedEarly(t, s, j) == 0 {
			t.Error("nothing was acknowledged early, though nothing syncs")
		}
	})
	t.Run("runs with the settings that make it so", func(t *testing.T) {
		t.Parallel()
		s, _ := open(t)
		for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "secure_delete": "1"} {
			if got, err := s.WriterPragma(t.Context(), name); err != nil || got != want {
				t.Errorf("%s is %q, %v, want %q", name, got, err, want)
			}
		}
	})
}

// acknowledgedEarly posts from many senders at once and counts the entries
// that were acknowledged before the journal was synced.
func acknowledgedEarly(t *testing.T, s *sqlitestore.Store, j *journal) int64 {
	t.Helper()
	const senders, posts = 16, 20
	newRoom(t, s, "r-one")
	var early atomic.Int64
	var sending sync.WaitGroup
	for sender := range senders {
		sending.Go(func() {
			for i := range posts {
				word := watchedWord(sender*posts + i)
				d := &chat.Draft{Room: "r-one", Author: owner, ID: chat.EntryID(word), Content: chat.Content{Kind: chat.KindPosted, Text: "점심"}}
				if err := send(t, s, d); err != nil {
					t.Error(err)
				}
				if !j.isDurable(word) {
					early.Add(1)
				}
			}
		})
	}
	sending.Wait()
	return early.Load()
}

// send appends with the newest cursor.
func send(t *testing.T, s *sqlitestore.Store, d *chat.Draft) error {
	t.Helper()
	heads, err := s.Heads(t.Context(), []chat.RoomID{d.Room})
	if err != nil {
		return err
	}
	d.Since = heads[0].Cursor
	_, err = s.Append(t.Context(), d, &chat.Scanned{Head: heads[0]})
	return err
}

// TestStore_Append_failedCommit shows a store whose disk fails to sync, and then
// works again.
func TestStore_Append_failedCommit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, j := openWatchedStore(t, dir)
	r := newRoom(t, s, "r-one")
	r.post(t, "먼저")
	draft := func(id chat.EntryID) *chat.Draft {
		return &chat.Draft{Room: "r-one", Author: owner, ID: id, Content: chat.Content{Kind: chat.KindPosted, Text: "점심"}}
	}
	joining := &chat.Draft{
		Room: "r-one", Author: guest, ID: "joining",
		Content: chat.Content{Kind: chat.KindJoined, User: guest, Name: "손님", Role: chat.RoleMember},
	}

	j.setFailSync(true)
	for _, d := range []*chat.Draft{draft("a"), joining, draft("b")} {
		if err := send(t, s, d); chat.CodeOf(err) != chat.CodeUnavailable {
			t.Errorf("append on a broken disk: got %v, want unavailable", err)
		}
	}
	heads, err := s.Heads(t.Context(), []chat.RoomID{"r-one"})
	if err != nil || heads[0].Seq != 2 {
		t.Errorf("the head is %+v, %v, want entry 2", heads, err)
	}
	members, err := s.FindMembers(t.Context(), "r-one", guest)
	if err != nil || members[0].IsMember() {
		t.Errorf("the guest is %+v, %v, want no member", members, err)
	}

	j.setFailSync(false)
	for _, d := range []*chat.Draft{draft("a"), joining, draft("a"), draft("b")} {
		if err := send(t, s, d); err != nil {
			t.Errorf("append on the mended disk: %v", err)
		}
	}
	page, err := s.Read(t.Context(), "r-one", chat.Cursor{}, 100)
	if err != nil || len(page.Entries) != 5 {
		t.Errorf("the log has %d entries, %v, want 5", len(page.Entries), err)
	}
	if err := check(t, dir); err != nil {
		t.Error(err)
	}
}
