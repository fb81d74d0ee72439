package sqlitestore_test

import (
	"bytes"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/sqlitestore"
)

// TestErasing looks for the words of deleted posts, and their pieces in the
// index, among many others that stay.
func TestErasing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRoom(t, openIndexing(t, dir), "r-one")
	pieces := map[string][]string{
		"Xylophone 봄바람": {"Xylophone", "ylophone", "봄바람", "봄바", "바람"},
		"quagmire 뛟쀍":   {"quagmire", "uagmire", "뛟쀍"},
		"zeppelin 눈사람":  {"zeppelin", "eppelin", "눈사람", "눈사", "사람"},
	}
	var secret []chat.Seq
	for text := range pieces {
		for range 100 {
			r.post(t, "점심 먹으러 갑시다 lunch at noon")
		}
		p := r.post(t, "처음 "+text)
		r.add(t, chat.Content{Kind: chat.KindEdited, Post: p, Text: "고침 " + text})
		secret = append(secret, p)
	}
	found := func() (found []string) {
		checkpoint(t, dir)
		data := fileBytes(t, dir)
		for _, words := range pieces {
			for _, word := range words {
				if bytes.Contains(data, []byte(word)) {
					found = append(found, word)
				}
			}
		}
		return found
	}
	if len(found()) < 9 {
		t.Fatal("the words cannot be seen in the file even before they are deleted")
	}
	for _, p := range secret {
		r.delete(t, p)
	}
	if diff := cmp.Diff([]string(nil), found()); diff != "" {
		t.Errorf("deleted words are in the file (-want +got):\n%s", diff)
	}
	if err := check(t, dir); err != nil {
		t.Error(err)
	}
}

// TestErasing_journal waits until the store wipes its journal by itself.
func TestErasing_journal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, j := openWatchedStore(t, dir)
	r := newRoom(t, s, "r-one")
	r.delete(t, r.post(t, "Xylophone 봄바람"))
	for range j.emptied { // the test's timeout ends a wait in vain
		if !bytes.Contains(fileBytes(t, dir), []byte("Xylophone")) {
			return
		}
	}
}

// TestErasing_room deletes a room of indexed posts beside one that stays.
func TestErasing_room(t *testing.T) {
	t.Parallel()
	for size, posts := range map[string]int{"small": 100, "large": sqlitestore.LargeRoom} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			eraseRoom(t, posts)
		})
	}
}

func eraseRoom(t *testing.T, posts int) {
	dir := t.TempDir()
	s := openIndexing(t, dir)
	r, other := newRoom(t, s, "r-one"), newRoom(t, s, "r-two")
	for range posts {
		r.post(t, "점심 Xylophone 봄바람")
	}
	for range 50 {
		other.post(t, "점심 lunch")
	}
	r.add(t, chat.Content{Kind: chat.KindEdited, Post: 2, Text: "quagmire"})
	r.add(t, chat.Content{Kind: chat.KindTopicSet, Text: "zeppelin"})

	words := []string{"Xylophone", "xyl", "봄바", "quagmire", "quagmi", "zeppelin"}
	inFile := func() []string {
		checkpoint(t, dir)
		data := fileBytes(t, dir)
		return slices.DeleteFunc(slices.Clone(words), func(word string) bool { return !bytes.Contains(data, []byte(word)) })
	}
	if diff := cmp.Diff(words, inFile()); diff != "" {
		t.Errorf("words cannot be seen in the file even before they are deleted:\n%s", diff)
	}
	r.add(t, chat.Content{Kind: chat.KindRoomDeleted})
	for countRows(t, dir, "erasing") > 0 { // the test's timeout ends a wait in vain
		runtime.Gosched()
	}
	if diff := cmp.Diff([]string{}, inFile()); diff != "" {
		t.Errorf("words of the deleted room are in the file (-want +got):\n%s", diff)
	}
	// Later deletions erase as before.
	other.delete(t, other.post(t, "quagmire"))
	if diff := cmp.Diff([]string{}, inFile()); diff != "" {
		t.Errorf("words of a post that was deleted later are in the file (-want +got):\n%s", diff)
	}
	found, err := s.Search(t.Context(), chat.Query{Rooms: []chat.RoomID{"r-one", "r-two"}, Text: "점심", Limit: 50})
	if err != nil || len(found.Posts) != 50 || found.Posts[0].Room != "r-two" {
		t.Errorf("search found %d posts, %v, want 50 of the room that stands", len(found.Posts), err)
	}
	if err := check(t, dir); err != nil {
		t.Error(err)
	}
}

// TestErasing_slices closes a store while it erases a large room, and lets
// another one finish.
func TestErasing_slices(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := sqlitestore.OpenErasingSlowly(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, other := newRoom(t, s, "r-one"), newRoom(t, s, "r-two")
	for range sqlitestore.LargeRoom {
		r.post(t, "점심 Xylophone")
	}
	r.add(t, chat.Content{Kind: chat.KindRoomDeleted})
	rooms, err := s.FindRooms(t.Context(), "r-one")
	if err != nil || !rooms[0].IsDeleted {
		t.Fatalf("room %+v, %v", rooms, err)
	}
	for countRows(t, dir, "erasing WHERE after > 2") == 0 { // the test's timeout ends a wait in vain
		runtime.Gosched()
	}
	other.post(t, "lunch") // a write to another room, between two slices
	if left := countRows(t, dir, "entries WHERE text LIKE '%Xylo%'"); left == 0 || left > sqlitestore.LargeRoom-2 {
		t.Errorf("%d posts are left after a few slices", left)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := check(t, dir); err != nil {
		t.Errorf("in between: %v", err)
	}
	openIn(t, dir)
	for countRows(t, dir, "erasing") > 0 {
		if err := check(t, dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := check(t, dir); err != nil {
		t.Error(err)
	}
	checkpoint(t, dir)
	for _, word := range []string{"Xylophone", "xyl", "점심"} {
		if bytes.Contains(fileBytes(t, dir), []byte(word)) {
			t.Errorf("%s is still in the file", word)
		}
	}
}
