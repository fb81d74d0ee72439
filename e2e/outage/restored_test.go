package outage

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/maru-chat/maru/e2e/crowd"
	"github.com/maru-chat/maru/internal/chat"
)

// TestRestored replaces the items of the table by those of an older copy, as
// deploy/README.md describes: connected clients drop what the copy lacks, read the
// room anew, and continue.
func TestRestored(t *testing.T) {
	needsLong(t, "ten seconds")
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	home := shared(t)
	room := home.room("restored")
	people := crowd.Gather(ctx, t, crowd.Options{
		Home: home.URL(), Seed: seed(t), People: 2, Rooms: []chat.RoomID{room}, Output: home.Output,
	})
	postAndCatchUp(ctx, t, people, room)
	kept := headOf(people, room)
	copied := home.items(ctx, t)
	postAndCatchUp(ctx, t, people, room)
	if err := home.Empty(ctx); err != nil {
		t.Fatal(err)
	}
	home.put(ctx, t, copied)

	people.All(t, func(_ int, p *crowd.Person) error {
		if err := p.CatchUp(ctx); err != nil {
			return err
		}
		return p.Current(ctx) // after a reset, once the room is read anew
	})
	if head := headOf(people, room); head != kept {
		t.Errorf("the room has %d entries, want the %d of the copy", head, kept)
	}
	postAndCatchUp(ctx, t, people, room)
	log, err := people.People[0].Account().Entries(ctx, room, chat.Cursor{})
	if err != nil || len(log) == 0 {
		t.Fatalf("%d entries in the log, %v", len(log), err)
	}
	for _, p := range people.People {
		if p.Counts().Resets == 0 {
			t.Errorf("%s was not told that the log is another", p.Account().Name)
		}
		if held := p.Entries(room); !slices.EqualFunc(held, log, func(a, b chat.Entry) bool { return a.Cursor() == b.Cursor() }) {
			t.Errorf("%s holds %d entries, want the %d of the log", p.Account().Name, len(held), len(log))
		}
		for _, fault := range p.Faults() {
			t.Errorf("%s: %v", p.Account().Name, fault)
		}
	}
}

// postAndCatchUp has everybody post, and waits until all of them have all posts.
func postAndCatchUp(ctx context.Context, t *testing.T, people *crowd.Crowd, room chat.RoomID) {
	t.Helper()
	people.All(t, func(_ int, p *crowd.Person) error { p.Post(room); return p.CatchUp(ctx) })
	people.All(t, func(_ int, p *crowd.Person) error { return p.CatchUp(ctx) }) // the others' posts
}

// items reads every item of the table.
func (p *place) items(ctx context.Context, t *testing.T) []map[string]types.AttributeValue {
	t.Helper()
	var items []map[string]types.AttributeValue
	pages := dynamodb.NewScanPaginator(p.direct, &dynamodb.ScanInput{
		TableName: aws.String(p.Table()), ConsistentRead: aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, page.Items...)
	}
	return items
}

// put writes the items to the table.
func (p *place) put(ctx context.Context, t *testing.T, items []map[string]types.AttributeValue) {
	t.Helper()
	const mostAtOnce = 25 // the limit of BatchWriteItem
	for some := range slices.Chunk(items, mostAtOnce) {
		var puts []types.WriteRequest
		for _, item := range some {
			puts = append(puts, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
		}
		done, err := p.direct.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{p.Table(): puts},
		})
		if err != nil || len(done.UnprocessedItems) > 0 {
			t.Fatalf("some items were not written: %v", err)
		}
	}
}
