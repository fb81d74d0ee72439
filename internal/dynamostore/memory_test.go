package dynamostore

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// newMemoryStore returns a store on the model check's table, without faults.
func newMemoryStore() (*Store, *items) {
	w := &world{table: newItems(), isQuiet: true}
	reached := &worldTable{world: w, process: &process{}}
	return newStore(reached, &patience{sleep: reached.sleep, random: func() float64 { return 0.5 }}), w.table
}

func creationOf(room chat.RoomID, founders int) *chat.Draft {
	d := &chat.Draft{Room: room, Author: "user0", ID: "created", Now: time.Now(), Content: chat.Content{
		Kind: chat.KindCreated, Visibility: chat.Public,
	}}
	for i := range founders {
		d.Founders = append(d.Founders, chat.Founder{User: chat.UserID(fmt.Sprintf("user%d", i)), Role: chat.RoleOwner})
	}
	return d
}

func TestStore_leavesWhatFollowsAHole(t *testing.T) {
	t.Parallel()
	s, table := newMemoryStore()
	created, err := s.Append(t.Context(), creationOf("room", 1), &chat.Scanned{})
	if err != nil {
		t.Fatal(err)
	}
	// What a query may return that passes slot 2 just before it is written.
	third := created.Entry
	third.Seq, third.ID = 3, "third"
	table.put(entryItem(&third))

	for what, since := range map[string]chat.Cursor{"from 0": {}, "from entry 1": created.Entry.Cursor()} {
		d := &chat.Draft{Room: "room", Author: "user0", ID: "mine", Since: since}
		scanned, err := s.Scan(t.Context(), d)
		if err != nil || scanned.Head.Seq != 1 || scanned.Found != nil {
			t.Errorf("scan %s: %+v, %v; want the head at entry 1", what, scanned, err)
		}
		page, err := s.Read(t.Context(), "room", since, 10)
		if seqs := seqsOf(page.Entries); err != nil || !page.More || slices.Contains(seqs, 3) {
			t.Errorf("read %s: %v, more %t, %v; want nothing after entry 1, and more", what, seqs, page.More, err)
		}
	}
}

func seqsOf(entries []chat.Entry) []chat.Seq {
	var seqs []chat.Seq
	for i := range entries {
		seqs = append(seqs, entries[i].Seq)
	}
	return seqs
}

func TestStore_Append_keepsWithinOneTransaction(t *testing.T) {
	t.Parallel()
	s, table := newMemoryStore()
	// The slot, the room, and three items of each founder.
	if _, err := s.Append(t.Context(), creationOf("fits", 32), &chat.Scanned{}); err != nil {
		t.Errorf("32 founders: %v", err)
	}
	_, err := s.Append(t.Context(), creationOf("large", 33), &chat.Scanned{})
	if chat.CodeOf(err) != chat.CodeTooLarge || table.at(entryKey("large", 1)) != nil {
		t.Errorf("33 founders: %v, want too_large and nothing written", err)
	}
}

func TestStore_Append_erasesWithinOneTransaction(t *testing.T) {
	t.Parallel()
	s, table := newMemoryStore()
	created, err := s.Append(t.Context(), creationOf("room", 1), &chat.Scanned{})
	if err != nil {
		t.Fatal(err)
	}
	head := created.Entry.Head()
	add := func(c chat.Content) {
		t.Helper()
		d := &chat.Draft{Room: "room", Author: "user0", ID: chat.EntryID(fmt.Sprint(head.Seq)), Content: c, Now: time.Now()}
		appended, err := s.Append(t.Context(), d, &chat.Scanned{Head: head})
		if err != nil {
			t.Fatal(err)
		}
		head = appended.Entry.Head()
	}
	add(chat.Content{Kind: chat.KindPosted, Text: "글"})
	for range chat.MaxEdits {
		add(chat.Content{Kind: chat.KindEdited, Post: 2, Text: "고친 글"})
	}
	add(chat.Content{Kind: chat.KindDeleted, Post: 2})
	for seq := chat.Seq(2); seq < head.Seq; seq++ {
		if words := table.at(entryKey("room", seq)).text("text"); words != "" {
			t.Errorf("entry %d still says %q", seq, words)
		}
	}
}
