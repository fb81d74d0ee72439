package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/maru-chat/maru/internal/chat"
)

// Endpoint is a DynamoDB to talk to.
type Endpoint struct {
	Region string
	// URL is of DynamoDB Local; empty for the Region's own.
	URL         string
	Credentials aws.CredentialsProvider
}

// callTimeout bounds one attempt at one call. DynamoDB answers in milliseconds;
// what takes longer is given up and tried again.
const callTimeout = 3 * time.Second

// Connect returns a client for New. Its configuration is built by hand: loading the
// SDK's files and environment costs a Lambda function 2 MB and 5 ms of its start.
func Connect(e Endpoint) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region:       e.Region,
		BaseEndpoint: nonEmpty(e.URL),
		Credentials:  e.Credentials,
		HTTPClient:   awshttp.NewBuildableClient().WithTimeout(callTimeout),
		// The store repeats calls itself: it knows what must follow an undecided
		// write, and how much time its caller has left.
		Retryer: aws.NopRetryer{},
	})
}

func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// dynamo is the table in the real DynamoDB. It repeats reads; what follows an
// undecided write is decided by its callers.
type dynamo struct {
	client *dynamodb.Client
	name   string
	*patience
}

var _ table = (*dynamo)(nil)

func (d *dynamo) query(ctx context.Context, s span) (page, error) {
	if s.first > s.last {
		return page{}, nil // DynamoDB refuses such a query
	}
	in := &dynamodb.QueryInput{
		TableName:              &d.name,
		ConsistentRead:         aws.Bool(!s.mayLag),
		KeyConditionExpression: aws.String("pk = :pk AND sk BETWEEN :first AND :last"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":pk": text(s.pk), ":first": text(s.first), ":last": text(s.last),
		},
		ScanIndexForward: aws.Bool(!s.isBackward),
		Limit:            aws.Int32(int32(s.limit)),
	}
	if s.after != "" {
		in.ExclusiveStartKey = newItem(key{s.pk, s.after})
	}
	var out *dynamodb.QueryOutput
	err := d.persist(ctx, isPassing, func(ctx context.Context) (err error) {
		out, err = d.client.Query(ctx, in)
		return err
	})
	if err != nil {
		return page{}, chat.Wrap(err, chat.CodeInternal, "query "+s.pk)
	}
	p := page{items: make([]item, len(out.Items)), isCut: len(out.LastEvaluatedKey) > 0}
	for i, it := range out.Items {
		p.items[i] = it
	}
	return p, nil
}

// maxBatch is how many keys one BatchGetItem may have.
const maxBatch = 100

func (d *dynamo) get(ctx context.Context, keys ...key) ([]item, error) {
	found := map[key]item{}
	for _, k := range keys {
		found[k] = nil // the same key twice in a batch is refused
	}
	var asked []map[string]types.AttributeValue
	for k := range found {
		asked = append(asked, newItem(k))
	}
	for len(asked) > 0 {
		batch := asked[:min(len(asked), maxBatch)]
		if err := d.getBatch(ctx, batch, found); err != nil {
			return nil, chat.Wrap(err, chat.CodeInternal, fmt.Sprintf("get %v", keys))
		}
		asked = asked[len(batch):]
	}
	items := make([]item, len(keys))
	for i, k := range keys {
		items[i] = found[k]
	}
	return items, nil
}

// getBatch adds the items to found. DynamoDB may answer only some keys of a batch:
// the others are asked for again.
func (d *dynamo) getBatch(ctx context.Context, keys []map[string]types.AttributeValue, found map[key]item) error {
	return d.persist(ctx, isPassing, func(ctx context.Context) error {
		if len(keys) == 1 {
			out, err := d.client.GetItem(ctx, &dynamodb.GetItemInput{
				TableName: &d.name, Key: keys[0], ConsistentRead: aws.Bool(true),
			})
			if err == nil && len(out.Item) > 0 {
				found[item(out.Item).key()] = out.Item
			}
			return err
		}
		out, err := d.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{d.name: {Keys: keys, ConsistentRead: aws.Bool(true)}},
		})
		if err != nil {
			return err
		}
		for _, it := range out.Responses[d.name] {
			found[item(it).key()] = it
		}
		if keys = out.UnprocessedKeys[d.name].Keys; len(keys) > 0 {
			return errLeft
		}
		return nil
	})
}

// errLeft says that DynamoDB has answered only a part of a batch.
var errLeft = errors.New("some keys of the batch were not answered")

// isPassing reports whether a read that failed so may succeed when repeated.
func isPassing(err error) bool { return !isDefinite(err) }

func (d *dynamo) commit(ctx context.Context, slot item, changes []change) (item, error) {
	if len(changes) == 0 {
		stands, isMade, err := d.apply(ctx, change{put: slot, only: []condition{nothing}})
		if err != nil || isMade {
			return nil, err
		}
		return takenBy(stands)
	}
	put := change{put: slot, only: []condition{nothing}}
	actions := []types.TransactWriteItem{d.action(&put)}
	actions[0].Put.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	for i := range changes {
		actions = append(actions, d.action(&changes[i]))
	}
	_, err := d.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: actions})
	return outcomeOf(err)
}

func (d *dynamo) apply(ctx context.Context, c change) (stands item, isMade bool, err error) {
	const allOld = types.ReturnValuesOnConditionCheckFailureAllOld
	action := d.action(&c)
	switch {
	case action.Put != nil:
		_, err = d.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: &d.name, Item: action.Put.Item, ConditionExpression: action.Put.ConditionExpression,
			ExpressionAttributeNames: action.Put.ExpressionAttributeNames, ExpressionAttributeValues: action.Put.ExpressionAttributeValues,
			ReturnValuesOnConditionCheckFailure: allOld,
		})
	case action.Delete != nil:
		_, err = d.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: &d.name, Key: action.Delete.Key, ConditionExpression: action.Delete.ConditionExpression,
			ExpressionAttributeNames: action.Delete.ExpressionAttributeNames, ExpressionAttributeValues: action.Delete.ExpressionAttributeValues,
			ReturnValuesOnConditionCheckFailure: allOld,
		})
	default:
		_, err = d.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &d.name, Key: action.Update.Key, ConditionExpression: action.Update.ConditionExpression,
			UpdateExpression:         action.Update.UpdateExpression,
			ExpressionAttributeNames: action.Update.ExpressionAttributeNames, ExpressionAttributeValues: action.Update.ExpressionAttributeValues,
			ReturnValuesOnConditionCheckFailure: allOld,
		})
	}
	var unmet *types.ConditionalCheckFailedException
	if errors.As(err, &unmet) {
		return unmet.Item, false, nil
	}
	_, err = outcomeOf(err)
	return nil, err == nil, err
}
