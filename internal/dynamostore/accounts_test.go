package dynamostore

import (
	"context"
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/maru-chat/maru/internal/chat"
)

// TestStore_UseTicket_betweenReads writes the last use of a ticket late, between the
// reads of one batch, which finds no use and then a used-up ticket. The user who
// took that use is still let in.
func TestStore_UseTicket_betweenReads(t *testing.T) {
	t.Parallel()
	const by = "ann"
	now := time.Now()
	ticket := chat.Ticket{Hash: rand.Text(), UsesLeft: 1, ExpiresAt: now.Add(time.Hour)}
	beside := New(Config{Client: connect(endpoint(t)), Table: tableName})
	if err := beside.SaveTicket(t.Context(), ticket, now); err != nil {
		t.Fatal(err)
	}
	key := useKey(ticket.Hash, by)
	torn := 0
	tear := func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		if _, isBatch := in.Parameters.(*dynamodb.BatchGetItemInput); isBatch {
			if _, err := beside.UseTicket(ctx, ticket.Hash, by, now); err != nil {
				t.Error(err)
			}
		}
		out, metadata, err := next.HandleInitialize(ctx, in)
		if found, isBatch := out.Result.(*dynamodb.BatchGetItemOutput); isBatch {
			found.Responses[tableName] = slices.DeleteFunc(found.Responses[tableName], func(it map[string]types.AttributeValue) bool {
				isUse := item(it).key() == key
				if isUse {
					torn++
				}
				return isUse
			})
		}
		return out, metadata, err
	}
	client := dynamodb.New(connect(endpoint(t)).Options(), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("tear", tear), middleware.After)
		})
	})
	s := New(Config{Client: client, Table: tableName})
	used, err := s.UseTicket(t.Context(), ticket.Hash, by, now)
	if err != nil || used.UsesLeft != 0 || torn != 1 {
		t.Errorf("%d uses left, %v; %d reads were torn", used.UsesLeft, err, torn)
	}
	if _, err := s.UseTicket(t.Context(), ticket.Hash, "bo", now); chat.CodeOf(err) != chat.CodeNotFound {
		t.Errorf("who has no use got one of a used-up ticket: %v", err)
	}
}
