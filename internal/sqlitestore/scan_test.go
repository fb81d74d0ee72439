package sqlitestore_test

import (
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

// TestStore_Scan_duringCommit scans at the moment when readers of the file see a
// commit and the writer has not answered yet. With a checkpoint in each commit,
// a sync happens just then, and the test holds it.
func TestStore_Scan_duringCommit(t *testing.T) {
	t.Parallel()
	s, j := openWatchedStore(t, t.TempDir())
	err := s.Write(t.Context(), func(run func(string) error) error { return run("PRAGMA wal_autocheckpoint = 1") })
	if err != nil {
		t.Fatal(err)
	}
	r := newRoom(t, s, "r-one")
	d := r.draft(chat.Content{Kind: chat.KindPosted, Text: "점심"})
	d.ID = chat.EntryID(watchedWord(1))
	moment := j.pauseAfter(watchedWord(1))
	appended := make(chan error, 1)
	go func() {
		_, err := s.Append(t.Context(), d, &chat.Scanned{Head: chat.Head{Cursor: d.Since}})
		appended <- err
	}()
	defer func() {
		close(moment.resume)
		if err := <-appended; err != nil {
			t.Error(err)
		}
	}()

	select {
	case <-moment.reached:
	case err := <-appended:
		appended <- err
		t.Fatal("the commit was answered, and the sync was never held")
	}
	page, err := s.Read(t.Context(), "r-one", d.Since, 10)
	if err != nil || len(page.Entries) != 1 {
		t.Fatalf("the log holds %d more entries, %v, want the one of the commit", len(page.Entries), err)
	}
	scanned, err := s.Scan(t.Context(), d)
	if err != nil || scanned.Found == nil {
		t.Errorf("a resend of what the log holds = %+v, %v; want the copy", scanned, err)
	}
}
