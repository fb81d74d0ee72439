package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
)

// meter counts what a client's requests consume, as DynamoDB reports it. Where
// DynamoDB Local reports less than AWS charges, the meter works it out itself:
// transactions, keys without an item, refused writes.
type meter struct {
	mu            sync.Mutex
	calls         map[string]int
	reads, writes float64
}

// attach makes the client ask for the consumed units, and the meter count them.
func (m *meter) attach(o *dynamodb.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("meter", m.measure), middleware.After)
	})
}

func (m *meter) measure(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
) (middleware.InitializeOutput, middleware.Metadata, error) {
	const total = types.ReturnConsumedCapacityTotal
	switch p := in.Parameters.(type) {
	case *dynamodb.GetItemInput:
		p.ReturnConsumedCapacity = total
	case *dynamodb.BatchGetItemInput:
		p.ReturnConsumedCapacity = total
	case *dynamodb.QueryInput:
		p.ReturnConsumedCapacity = total
	case *dynamodb.PutItemInput:
		p.ReturnConsumedCapacity = total
	case *dynamodb.UpdateItemInput:
		p.ReturnConsumedCapacity = total
	case *dynamodb.DeleteItemInput:
		p.ReturnConsumedCapacity = total
	case *dynamodb.TransactWriteItemsInput:
		p.ReturnConsumedCapacity = total
	}
	out, metadata, err := next.HandleInitialize(ctx, in)
	m.count(in.Parameters, out.Result, err)
	return out, metadata, err
}

func (m *meter) count(in, result any, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var unmet *types.ConditionalCheckFailedException
	if errors.As(err, &unmet) {
		m.add("refused write", &m.writes, 1) // of small items only
		return
	}
	switch out := result.(type) {
	case *dynamodb.GetItemOutput:
		m.add("GetItem", &m.reads, units(out.ConsumedCapacity))
	case *dynamodb.BatchGetItemOutput:
		keys := 0
		for _, of := range in.(*dynamodb.BatchGetItemInput).RequestItems {
			keys += len(of.Keys)
		}
		m.add("BatchGetItem", &m.reads, float64(keys)) // items below 4 kB only
	case *dynamodb.QueryOutput:
		m.add("Query", &m.reads, units(out.ConsumedCapacity))
	case *dynamodb.PutItemOutput:
		m.add("PutItem", &m.writes, units(out.ConsumedCapacity))
	case *dynamodb.UpdateItemOutput:
		m.add("UpdateItem", &m.writes, units(out.ConsumedCapacity))
	case *dynamodb.DeleteItemOutput:
		m.add("DeleteItem", &m.writes, units(out.ConsumedCapacity))
	case *dynamodb.TransactWriteItemsOutput:
		m.add("TransactWriteItems", &m.writes, transactUnits(in.(*dynamodb.TransactWriteItemsInput)))
	}
}

func (m *meter) add(call string, to *float64, n float64) {
	m.calls[call]++
	*to += n
}

func units(consumed *types.ConsumedCapacity) float64 {
	if consumed == nil {
		return 0
	}
	return aws.ToFloat64(consumed.CapacityUnits)
}

// transactUnits charges two units for each 1 kB of each item put, and two for
// each other item: those are small here.
func transactUnits(in *dynamodb.TransactWriteItemsInput) float64 {
	var sum float64
	for _, action := range in.TransactItems {
		kB := 1
		if action.Put != nil {
			kB = (sizeOf(&types.AttributeValueMemberM{Value: action.Put.Item}) + 1023) / 1024
		}
		sum += float64(2 * kB)
	}
	return sum
}

// sizeOf is approximately how many bytes a value counts for.
func sizeOf(v types.AttributeValue) int {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return len(v.Value)/2 + 2
	case *types.AttributeValueMemberM:
		size := 3
		for name, within := range v.Value {
			size += len(name) + 1 + sizeOf(within)
		}
		return size
	case *types.AttributeValueMemberL:
		size := 3
		for _, within := range v.Value {
			size += 1 + sizeOf(within)
		}
		return size
	default:
		return 1
	}
}

// reset forgets what was counted so far.
func (m *meter) reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls, m.reads, m.writes = map[string]int{}, 0, 0
}

// requests lists the calls, such as "2 Query, GetItem".
func (m *meter) requests() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var parts []string
	for _, call := range slices.Sorted(maps.Keys(m.calls)) {
		if n := m.calls[call]; n > 1 {
			call = fmt.Sprintf("%d %s", n, call)
		}
		parts = append(parts, call)
	}
	return strings.Join(parts, ", ")
}
