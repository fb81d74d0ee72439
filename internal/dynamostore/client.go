package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
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

// maxReadAttempts is how often the SDK tries a read. Writes it tries once: the
// walk itself decides what an undecided attempt is followed by.
const maxReadAttempts = 4

// Connect returns a client for New. Its configuration is built by hand: reading
// the SDK's files and environment would cost a Lambda 2 MB and 5 ms of start.
func Connect(e Endpoint) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region:       e.Region,
		BaseEndpoint: nonEmpty(e.URL),
		Credentials:  e.Credentials,
		HTTPClient:   awshttp.NewBuildableClient().WithTimeout(callTimeout),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = maxReadAttempts
			o.MaxBackoff = time.Second
		}),
	})
}

func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// once keeps the SDK from repeating a write.
func once(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }

// CreateTable makes the table that a Store works on, for tests and for
// DynamoDB Local; in AWS the deployment makes it. It returns when the table is
// ready. A table that exists already is an error.
func CreateTable(ctx context.Context, client *dynamodb.Client, name string) error {
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:   &name,
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(partitionKey), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(sortKey), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(partitionKey), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(sortKey), KeyType: types.KeyTypeRange},
		},
	})
	if err != nil {
		return chat.Wrap(err, chat.CodeInternal, "create table "+name)
	}
	ready := dynamodb.NewTableExistsWaiter(client)
	if err := ready.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &name}, time.Minute); err != nil {
		return chat.Wrap(err, chat.CodeUnavailable, "wait for table "+name)
	}
	return nil
}

// dynamo is the table of the real DynamoDB.
type dynamo struct {
	client *dynamodb.Client
	name   string
	sleep  func(ctx context.Context, d time.Duration) error
}

var _ table = (*dynamo)(nil)

func (d *dynamo) query(ctx context.Context, s span) (page, error) {
	out, err := d.client.Query(ctx, &dynamodb.QueryInput{
		TableName:              &d.name,
		ConsistentRead:         aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :pk AND sk BETWEEN :first AND :last"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":pk": text(s.pk), ":first": text(s.first), ":last": text(s.last),
		},
		ScanIndexForward: aws.Bool(!s.isBackward),
		Limit:            aws.Int32(int32(s.limit)),
	})
	if err != nil {
		return page{}, readError(err, "query "+s.pk)
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
		rest, err := d.getBatch(ctx, batch, found)
		if err != nil {
			return nil, readError(err, fmt.Sprintf("get %v", keys))
		}
		asked = append(asked[len(batch):], rest...)
		if len(rest) > 0 {
			if err := d.sleep(ctx, undecidedWait); err != nil {
				return nil, chat.Wrap(err, chat.CodeUnavailable, fmt.Sprintf("get %v", keys))
			}
		}
	}
	items := make([]item, len(keys))
	for i, k := range keys {
		items[i] = found[k]
	}
	return items, nil
}

// getBatch adds what it found and returns the keys that DynamoDB left for later.
func (d *dynamo) getBatch(ctx context.Context, keys []map[string]types.AttributeValue, found map[key]item,
) ([]map[string]types.AttributeValue, error) {
	if len(keys) == 1 {
		out, err := d.client.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: &d.name, Key: keys[0], ConsistentRead: aws.Bool(true),
		})
		if err == nil && len(out.Item) > 0 {
			found[item(out.Item).key()] = out.Item
		}
		return nil, err
	}
	out, err := d.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{
			d.name: {Keys: keys, ConsistentRead: aws.Bool(true)},
		},
	})
	if err != nil {
		return nil, err
	}
	for _, it := range out.Responses[d.name] {
		found[item(it).key()] = it
	}
	return out.UnprocessedKeys[d.name].Keys, nil
}

// ifEmpty is the condition of every slot.
const ifEmpty = "attribute_not_exists(pk)"

func (d *dynamo) commit(ctx context.Context, slot item, changes []change) (item, error) {
	if len(changes) == 0 {
		_, err := d.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: &d.name, Item: slot,
			ConditionExpression:                 aws.String(ifEmpty),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}, once)
		return outcomeOf(err)
	}
	actions := []types.TransactWriteItem{{Put: &types.Put{
		TableName: &d.name, Item: slot,
		ConditionExpression:                 aws.String(ifEmpty),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}}
	for i := range changes {
		actions = append(actions, d.action(&changes[i]))
	}
	_, err := d.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: actions}, once)
	return outcomeOf(err)
}

func (d *dynamo) apply(ctx context.Context, c change) error {
	e := express(&c)
	_, err := d.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &d.name, Item: c.put,
		ConditionExpression: e.condition(), ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	})
	var unmet *types.ConditionalCheckFailedException
	if errors.As(err, &unmet) {
		return nil
	}
	_, err = outcomeOf(err)
	return err
}
