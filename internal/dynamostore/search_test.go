package dynamostore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

// searchedRoom puts a log of plain posts into the table, one for each text; the
// times of its posts begin at start and are step apart.
func searchedRoom(table *items, room chat.RoomID, start time.Time, step time.Duration, texts []string) (posts []chat.Post) {
	for i, text := range texts {
		e := chat.Entry{
			Room: room, Seq: chat.Seq(i + 1), At: start.Add(time.Duration(i) * step), Author: author,
			ID: chat.EntryID(fmt.Sprint(i)), Content: chat.Content{Kind: chat.KindPosted, Text: text},
		}
		table.put(entryItem(&e))
		posts = append(posts, chat.Post{Entry: e})
	}
	return posts
}

// textsWith returns n texts of which those at the places say wanted.
func textsWith(n int, wanted string, places ...int) []string {
	texts := slices.Repeat([]string{"다른 이야기"}, n)
	for _, i := range places {
		texts[i] = wanted
	}
	return texts
}

// searchBack asks for page after page: those that find nothing come back to so
// many minutes after began, and the last one finds so many posts.
func searchBack(t *testing.T, s *Store, q chat.Query, began time.Time, back []int, posts int) {
	t.Helper()
	for page, minutes := range back {
		found, err := s.Search(t.Context(), q)
		if err != nil || len(found.Posts) != 0 || found.Next == "" {
			t.Fatalf("page %d: %+v, %v; want none found and more to come", page, found, err)
		}
		if want := began.Add(time.Duration(minutes) * time.Minute); !found.Back.Equal(want) {
			t.Errorf("page %d came back to %v, want %v", page, found.Back, want)
		}
		q.Before = found.Next
	}
	found, err := s.Search(t.Context(), q)
	if err != nil || len(found.Posts) != posts || found.Next != "" || !found.Back.IsZero() {
		t.Errorf("the last page: %+v, %v; want %d posts and no more", found, err, posts)
	}
}

func TestStore_Search_inOneRoom(t *testing.T) {
	t.Parallel()
	s, table := newMemoryStore()
	began := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	searchedRoom(table, "room", began, time.Minute, textsWith(12_000, "짬뽕", 0))
	searchBack(t, s, chat.Query{Rooms: []chat.RoomID{"room"}, Text: "짬뽕", Limit: 10}, began, []int{7000, 2000}, 1)
}

// Of several rooms the newest 1,000 entries of each are read, then the next.
func TestStore_Search_inSeveralRooms(t *testing.T) {
	t.Parallel()
	s, table := newMemoryStore()
	began := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	q := chat.Query{Rooms: []chat.RoomID{"one", "two"}, Text: "짬뽕", Limit: 10}
	for _, room := range q.Rooms {
		searchedRoom(table, room, began, time.Minute, textsWith(3_000, "짬뽕", 0))
	}
	searchBack(t, s, q, began, []int{2000, 1000}, 2)
}

// TestStore_Search_pages compares the pages of random rooms with all posts in
// order, where a request may read very little.
func TestStore_Search_pages(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(chattest.Seed(t), 0))
	for range 100 {
		s, table := newMemoryStore()
		var want []chat.Post
		q := chat.Query{Text: "짬뽕", Limit: 1 + rng.IntN(5)}
		for i := range 1 + rng.IntN(6) {
			room := chat.RoomID(fmt.Sprintf("room%d", i))
			texts := textsWith(rng.IntN(60), "")
			for at := range texts {
				texts[at] = []string{"짬뽕", "짜장", "밥"}[rng.IntN(3)]
			}
			start := time.UnixMilli(int64(1_000 * rng.IntN(5))).UTC()
			for _, post := range searchedRoom(table, room, start, time.Duration(1+rng.IntN(500))*time.Millisecond, texts) {
				post.At = post.At.Truncate(time.Millisecond)
				if post.Text == "짬뽕" {
					want = append(want, post)
				}
			}
			q.Rooms = append(q.Rooms, room)
		}
		slices.SortFunc(want, func(a, b chat.Post) int { return placeOf(&b).compare(placeOf(&a)) })
		got := allFound(t, s, q, reach{most: 1 + rng.IntN(20), first: 1 + rng.IntN(8)})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("found (-want +got):\n%s", diff)
		}
	}
}

// allFound follows the pages, and fails when one comes no further back.
func allFound(t *testing.T, s *Store, q chat.Query, r reach) []chat.Post {
	t.Helper()
	var posts []chat.Post
	back := time.Unix(1<<40, 0)
	for {
		found, err := s.search(t.Context(), q, r)
		if err != nil {
			t.Fatal(err)
		}
		posts = append(posts, found.Posts...)
		if found.Next == "" {
			return posts
		}
		if found.Next == q.Before || found.Back.After(back) {
			t.Fatalf("from %q to %q, back to %v after %v", q.Before, found.Next, found.Back, back)
		}
		q.Before, back = found.Next, found.Back
	}
}

// slowTable takes its time for every page, and may fail from some time on.
type slowTable struct {
	table
	now      *time.Time
	takes    time.Duration
	failures time.Time
}

func (s *slowTable) query(ctx context.Context, sp span) (page, error) {
	*s.now = s.now.Add(s.takes)
	if s.now.After(s.failures) {
		return page{}, chat.Errorf(chat.CodeUnavailable, "too busy")
	}
	return s.table.query(ctx, sp)
}

func TestStore_Search_stops(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	search := func(failures time.Duration) (chat.Found, error) {
		s, table := newMemoryStore()
		searchedRoom(table, "room", start, time.Minute, textsWith(5000, "짬뽕", 4999, 0))
		now := start
		s.now = func() time.Time { return now }
		s.table = &slowTable{table: s.table, now: &now, takes: 900 * time.Millisecond, failures: start.Add(failures)}
		return s.Search(t.Context(), chat.Query{Rooms: []chat.RoomID{"room"}, Text: "짬뽕", Limit: 10})
	}
	for rule, c := range map[string]struct {
		failures time.Duration
		read     int
	}{
		"reads no further after 3 s":              {time.Hour, 800},
		"gives what it read when the table fails": {2 * time.Second, 200},
	} {
		found, err := search(c.failures)
		back := start.Add(time.Duration(5000-c.read) * time.Minute)
		if err != nil || len(found.Posts) != 1 || !found.Back.Equal(back) {
			t.Errorf("%s: %d posts back to %v, %v; want one back to %v", rule, len(found.Posts), found.Back, err, back)
		}
	}
	if _, err := search(0); chat.CodeOf(err) != chat.CodeUnavailable {
		t.Errorf("a table that fails at once: %v, want unavailable", err)
	}
}

func TestFroms(t *testing.T) {
	t.Parallel()
	t.Run("reads what it writes", func(t *testing.T) {
		t.Parallel()
		want := froms{}
		for i := range chat.MaxRooms {
			want[roomTag(chat.RoomID(fmt.Sprint("room", i)))] = maxSeq + 1
		}
		text := want.String()
		got, err := parseFroms(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil || len(text) > 2000 {
			t.Errorf("%d characters, %v (-want +got):\n%s", len(text), err, diff)
		}
	})
	t.Run("refuses what is no next", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{".", "abcdef", "abcdef1", "abcdef-5", "abc ef5", "abcdef5.", strings.Repeat("z", 30)} {
			if _, err := parseFroms(text); chat.CodeOf(err) != chat.CodeInvalid {
				t.Errorf("%q: %v, want invalid", text, err)
			}
		}
	})
}
