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

// tornClient returns a client whose batch reads are torn: use takes a use of the ticket
// within each, so that of the two items one is read before it and the other after it.
// early is the key of the one that is read before, and torn counts such reads.
func tornClient(t *testing.T, early key, use func(ctx context.Context)) (client *dynamodb.Client, torn *int) {
	torn = new(int)
	whole := connect(endpoint(t))
	isEarly := func(it map[string]types.AttributeValue) bool { return item(it).key() == early }
	tear := func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		batch, isBatch := in.Parameters.(*dynamodb.BatchGetItemInput)
		if !isBatch {
			return next.HandleInitialize(ctx, in)
		}
		before, err := whole.BatchGetItem(ctx, batch)
		if err != nil {
			return middleware.InitializeOutput{}, middleware.Metadata{}, err
		}
		use(ctx)
		out, metadata, err := next.HandleInitialize(ctx, in)
		if found, isFound := out.Result.(*dynamodb.BatchGetItemOutput); isFound {
			late := slices.DeleteFunc(found.Responses[tableName], isEarly)
			for _, it := range before.Responses[tableName] {
				if isEarly(it) {
					late = append(late, it)
				}
			}
			found.Responses[tableName] = late
			*torn++
		}
		return out, metadata, err
	}
	return dynamodb.New(whole.Options(), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("tear", tear), middleware.After)
		})
	}), torn
}

// TestStore_UseTicket_betweenReads writes the last use of a ticket late, between the
// two reads of one batch. The user who took that use is let in, and is told of the
// ticket as it is after it.
func TestStore_UseTicket_betweenReads(t *testing.T) {
	t.Parallel()
	const by = "ann"
	for name, early := range map[string]func(hash string) key{
		"no use, and the ticket after it":   func(hash string) key { return useKey(hash, by) },
		"the use, and the ticket before it": ticketKey,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			ticket := chat.Ticket{Hash: rand.Text(), UsesLeft: 1, ExpiresAt: now.Add(time.Hour)}
			beside := New(Config{Client: connect(endpoint(t)), Table: tableName})
			if err := beside.SaveTicket(t.Context(), ticket, now); err != nil {
				t.Fatal(err)
			}
			client, torn := tornClient(t, early(ticket.Hash), func(ctx context.Context) {
				if _, err := beside.UseTicket(ctx, ticket.Hash, by, now); err != nil {
					t.Error(err)
				}
			})
			s := New(Config{Client: client, Table: tableName})
			used, err := s.UseTicket(t.Context(), ticket.Hash, by, now)
			if err != nil || used.UsesLeft != 0 || used.Version != 2 || *torn != 1 {
				t.Errorf("%+v, %v; %d reads were torn", used, err, *torn)
			}
			if _, err := s.UseTicket(t.Context(), ticket.Hash, "bo", now); chat.CodeOf(err) != chat.CodeNotFound {
				t.Errorf("who has no use got one of a used-up ticket: %v", err)
			}
		})
	}
}
