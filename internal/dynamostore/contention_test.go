package dynamostore

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

const (
	crowd = 50
	// crowdTime is how long each of the crowd may take to be acknowledged.
	crowdTime = 30 * time.Second
	// maxAttempts is how many slot attempts an acknowledged post may cost in the
	// middle of the runs.
	maxAttempts = 10
)

// How often the crowd comes: `make test` is content with less than the median
// of five.
const (
	crowdsVariable = "MARU_CROWDS"
	defaultCrowds  = 5
)

func crowdsFromEnvironment(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv(crowdsVariable), strconv.Itoa(defaultCrowds)))
	if err != nil || n < 1 {
		t.Fatalf("%s must be a number of crowds", crowdsVariable)
	}
	return n
}

// counted counts the tries for a slot.
type counted struct {
	table
	tries atomic.Int64
}

func (c *counted) commit(ctx context.Context, slot item, changes []change) (item, error) {
	c.tries.Add(1)
	return c.table.commit(ctx, slot, changes)
}

// crowdRoom is a room that many write to at once.
type crowdRoom struct {
	counted *counted
	store   *Store
	room    chat.RoomID
	since   chat.Cursor
}

func newCrowdRoom(t *testing.T, name string) *crowdRoom {
	t.Helper()
	r := &crowdRoom{room: chat.RoomID(fmt.Sprintf("%s-%d", name, time.Now().UnixNano()))}
	r.store = openAt(t, endpoint(t))
	r.counted = &counted{table: r.store.table}
	r.store.table = r.counted
	created, err := r.store.Append(t.Context(), &chat.Draft{
		Room: r.room, Author: "owner", ID: "created", Now: time.Now(), Content: chat.Content{
			Kind: chat.KindCreated, Title: "마루", Visibility: chat.Public,
			Founders: []chat.Founder{{User: "owner", Name: "주인", Role: chat.RoleOwner}},
		},
	}, &chat.Scanned{})
	if err != nil {
		t.Fatal(err)
	}
	r.since = created.Entry.Cursor()
	return r
}

// rush lets the crowd append at once and fails unless each is acknowledged.
func (r *crowdRoom) rush(t *testing.T, content chat.Content) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), crowdTime)
	defer cancel()
	errs := make([]error, crowd)
	var all sync.WaitGroup
	for i := range crowd {
		all.Go(func() {
			d := &chat.Draft{
				Room: r.room, Author: chat.UserID(fmt.Sprintf("user%d", i)), ID: "mine", Content: content,
				Since: r.since, Now: time.Now(),
			}
			scanned, err := r.store.Scan(ctx, d)
			if err == nil {
				_, err = r.store.Append(ctx, d, &scanned)
			}
			errs[i] = err
		})
	}
	all.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("sender %d: %v", i, err)
		}
	}
}

// cost is how many tries each of the crowd needed, given those before the rush.
func (r *crowdRoom) cost(before int64) float64 {
	return float64(r.counted.tries.Load()-before) / crowd
}

// TestStore_Append_crowd is one test after the other on purpose: two crowds at
// once would measure each other.
func TestStore_Append_crowd(t *testing.T) {
	endpoint(t) // not within the time of the first
	t.Run("acknowledges 50 senders at once within few attempts", func(t *testing.T) {
		var costs []float64
		crowds := crowdsFromEnvironment(t)
		for range crowds {
			r := newCrowdRoom(t, "crowd")
			began, before := time.Now(), r.counted.tries.Load()
			r.rush(t, chat.Content{Kind: chat.KindPosted, Text: "동시에"})
			cost := r.cost(before)
			costs = append(costs, cost)
			t.Logf("%.1f attempts a post, all %d in %v", cost, crowd, time.Since(began).Round(time.Millisecond))
		}
		slices.Sort(costs)
		if median := costs[crowds/2]; median > maxAttempts {
			t.Errorf("%.1f attempts an acknowledged post in the middle of %d runs, want at most %d", median, crowds, maxAttempts)
		}
	})
	t.Run("loses none of 50 reactions at once to one post", func(t *testing.T) {
		r := newCrowdRoom(t, "reactions")
		d := &chat.Draft{Room: r.room, Author: "owner", ID: "post", Content: chat.Content{Kind: chat.KindPosted, Text: "글"}, Since: r.since, Now: time.Now()}
		scanned, err := r.store.Scan(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.store.Append(t.Context(), d, &scanned); err != nil {
			t.Fatal(err)
		}
		before := r.counted.tries.Load()
		r.rush(t, chat.Content{Kind: chat.KindReactionSet, Post: 2, Emoji: "👍"})
		t.Logf("%.1f attempts a reaction", r.cost(before))
		post, err := r.store.Post(t.Context(), r.room, 2)
		if err != nil || len(post.Reactions) != crowd {
			t.Errorf("%d reactions stand, want %d (%v)", len(post.Reactions), crowd, err)
		}
	})
}
