package dynamostore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

// hanging is a connection on which no answer comes.
type hanging struct{}

func (hanging) Do(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// stuckTable asks a DynamoDB that does not answer about some rooms.
type stuckTable struct {
	table
	mute    table
	isStuck func(pk string) bool
}

func stuck(t table, p *patience, isStuck func(pk string) bool) *stuckTable {
	client := dynamodb.New(dynamodb.Options{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		HTTPClient: hanging{}, Retryer: aws.NopRetryer{},
	})
	return &stuckTable{table: t, mute: &dynamo{client: client, name: "table", patience: p}, isStuck: isStuck}
}

func (s *stuckTable) query(ctx context.Context, sp span) (page, error) {
	if s.isStuck(sp.pk) {
		return s.mute.query(ctx, sp)
	}
	return s.table.query(ctx, sp)
}

// The times are those of a bubble.
func TestStore_Search_ofStuckRooms(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, table := newMemoryStore()
		start := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
		q := chat.Query{Text: "짬뽕", Limit: 10}
		var readable, later []chat.Post
		for i := range 20 { // more than are read at once
			room := chat.RoomID(fmt.Sprintf("room%02d", i))
			posts := searchedRoom(table, room, start.Add(time.Duration(i)*time.Hour), time.Minute, []string{"다른 이야기", "짬뽕"})
			q.Rooms = append(q.Rooms, room)
			if i%2 == 0 && i < 6 {
				later = append(later, posts[1])
			} else {
				readable = append(readable, posts[1])
			}
		}
		slices.Reverse(readable)
		slices.Reverse(later)
		answering := s.table
		s.table = stuck(answering, s.patience, func(pk string) bool {
			return slices.ContainsFunc(later, func(p chat.Post) bool { return pk == roomPartition(p.Room) })
		})
		q.Before = wantFound(t, s, q, readable[:10], searchTime)
		// The posts that did not fit are read again, the rooms in silence tried again.
		q.Before = wantFound(t, s, q, readable[10:], searchTime)
		s.table = answering
		if next := wantFound(t, s, q, later, 0); next != "" {
			t.Errorf("more to come after all were found: %q", next)
		}
	})
}

// wantFound requires one page with these posts, which takes so long at most and
// as long as a request may when it is not 0, and returns its Next.
func wantFound(t *testing.T, s *Store, q chat.Query, want []chat.Post, within time.Duration) string {
	t.Helper()
	began := time.Now()
	found, err := s.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > within {
		t.Errorf("took %v, want %v at most", took, within)
	}
	if diff := cmp.Diff(want, found.Posts); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	if !found.Back.IsZero() {
		t.Errorf("claims to have searched back to %v, where some rooms were not read", found.Back)
	}
	return found.Next
}

// A page for which nothing was read could only lead to itself, so the request fails
// with CodeUnavailable and says when to come back.
func TestStore_Search_ofStuckTable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := newMemoryStore()
		s.table = stuck(s.table, s.patience, func(string) bool { return true })
		began := time.Now()
		found, err := s.Search(t.Context(), chat.Query{Rooms: []chat.RoomID{"one", "two"}, Text: "짬뽕", Limit: 10})
		if chat.CodeOf(err) != chat.CodeUnavailable || time.Since(began) > searchTime {
			t.Errorf("%+v, %v after %v; want unavailable after %v at most", found, err, time.Since(began), searchTime)
		}
	})
}

// moody fails every now and then.
type moody struct {
	table
	random func() float64
}

func (m *moody) query(ctx context.Context, sp span) (page, error) {
	if m.random() < 0.3 {
		return page{}, chat.Errorf(chat.CodeUnavailable, "too busy")
	}
	return m.table.query(ctx, sp)
}

// Whichever rooms a request misses, the pages together have each post exactly once.
func TestStore_Search_losesNothingThatWasMissed(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(chattest.Seed(t), 1))
	for range 30 {
		s, table := newMemoryStore()
		s.table = &moody{table: s.table, random: rand.Float64}
		q := chat.Query{Text: "짬뽕", Limit: 1 + rng.IntN(5)}
		var want []chat.Post
		for i := range 2 + rng.IntN(6) {
			room := chat.RoomID(fmt.Sprintf("room%d", i))
			start := time.UnixMilli(int64(1_000 * rng.IntN(5))).UTC()
			q.Rooms = append(q.Rooms, room)
			want = append(want, searchedRoom(table, room, start, 100*time.Millisecond, slices.Repeat([]string{"짬뽕"}, 1+rng.IntN(30)))...)
		}
		got := patientlyFound(t, s, q, reach{most: 1 + rng.IntN(20), first: 1 + rng.IntN(8)})
		inOrder := func(a, b chat.Post) int { return placeOf(&a).compare(placeOf(&b)) }
		slices.SortFunc(want, inOrder)
		slices.SortFunc(got, inOrder)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("found (-want +got):\n%s", diff)
		}
	}
}

// patientlyFound follows the pages, and asks again for those that are refused.
func patientlyFound(t *testing.T, s *Store, q chat.Query, r reach) []chat.Post {
	t.Helper()
	var posts []chat.Post
	for range 10_000 {
		found, err := s.search(t.Context(), q, r)
		if chat.CodeOf(err) == chat.CodeUnavailable {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		posts = append(posts, found.Posts...)
		if q.Before = found.Next; q.Before == "" {
			return posts
		}
	}
	t.Fatal("pages without end")
	return nil
}
