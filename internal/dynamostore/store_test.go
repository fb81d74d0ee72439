package dynamostore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/chat/storetest"
	"github.com/maru-chat/maru/internal/dynamolocal"
)

var (
	// tableName is of the one table that all tests of this run share: rooms are
	// apart from each other by their ids.
	tableName = "maru-" + rand.Text()
	// timelessTable is for suites with a clock of their own: what has expired by
	// the real clock stays in it.
	timelessTable = "maru-timeless-" + rand.Text()
)

// local is the DynamoDB Local of this test process, started when first needed.
var local struct {
	once   sync.Once
	server *dynamolocal.Server
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if local.server != nil {
		local.server.Close()
	}
	os.Exit(code)
}

// endpoint returns the URL of a DynamoDB Local that has the table.
func endpoint(tb testing.TB) string {
	tb.Helper()
	local.once.Do(func() {
		ctx := context.Background() // the server outlives the test that asked first
		if local.server, local.err = dynamolocal.Open(ctx); local.err == nil {
			client := connect(local.server.Endpoint())
			local.err = errors.Join(CreateTable(ctx, client, tableName), createTable(ctx, client, timelessTable))
		}
	})
	if local.err != nil {
		dynamolocal.SkipOrFail(tb, local.err)
	}
	return local.server.Endpoint()
}

func connect(url string) *dynamodb.Client {
	return Connect(Endpoint{
		Region: "us-east-1", URL: url,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// openAt returns a store on the endpoint.
func openAt(tb testing.TB, url string) *Store {
	tb.Helper()
	return New(Config{Client: connect(url), Table: tableName})
}

// logStore is a store on the endpoint as storetest sees it.
func logStore(tb testing.TB, url string) storetest.LogStore { return logStoreOf(openAt(tb, url), url) }

func logStoreOf(s *Store, url string) storetest.LogStore {
	return storetest.LogStore{
		Log: s, FindRooms: s.FindRooms, Post: s.Post, FindMembers: s.FindMembers,
		Mentions: s.Mentions, Marks: s.Marks,
		Settle: func(tb testing.TB) { flush(tb, s) },
		Second: func(tb testing.TB) chat.Log { return openAt(tb, url) },
		Stored: storedAt(url),
	}
}

func flush(tb testing.TB, s *Store) {
	tb.Helper()
	if err := s.Flush(tb.Context()); err != nil {
		tb.Error(err)
	}
}

// storedAt dumps a room's partition.
func storedAt(url string) func(testing.TB, chat.RoomID) string {
	return func(tb testing.TB, room chat.RoomID) string {
		var all strings.Builder
		pages := dynamodb.NewQueryPaginator(connect(url), &dynamodb.QueryInput{
			TableName: aws.String(tableName), KeyConditionExpression: aws.String("pk = :pk"), ConsistentRead: aws.Bool(true),
			ExpressionAttributeValues: map[string]types.AttributeValue{":pk": text(roomPartition(room))},
		})
		for pages.HasMorePages() {
			p, err := pages.NextPage(tb.Context())
			if err != nil {
				tb.Fatal(err)
			}
			for _, it := range p.Items {
				for name, v := range it {
					fmt.Fprintf(&all, "%s=%s ", name, textOf(v))
				}
			}
		}
		return all.String()
	}
}

// emptyRoom erases a deleted room, slice by slice, as the table's stream has it
// done. Slices that a fault cut off are done again.
func emptyRoom(tb testing.TB, s *Store, room chat.RoomID) {
	tb.Helper()
	for range 1000 {
		items, err := s.table.get(tb.Context(), roomKey(room))
		if err != nil {
			tb.Fatal(err)
		}
		if items[0].text(attrErase) != eraseMore {
			return
		}
		err = s.EraseRoom(tb.Context(), room, chat.Seq(items[0].number(attrErased)), sliceLen)
		if err != nil && chat.CodeOf(err) != chat.CodeUnavailable {
			tb.Fatal(err)
		}
	}
	tb.Fatalf("the words of %s are not erased after 1,000 slices", room)
}

func TestStore_Log(t *testing.T) {
	t.Parallel()
	url := endpoint(t)
	storetest.RunLog(t, storetest.LogHarness{
		Seed: chattest.Seed(t),
		Open: func(t testing.TB) storetest.LogStore { return logStore(t, url) },

		Empty: func(t testing.TB, room chat.RoomID) { emptyRoom(t, openAt(t, url), room) },
	})
}
