package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

// TestMeter tests the meter against the rules that AWS documents, on items whose
// sizes tell the rules apart.
func TestMeter(t *testing.T) {
	s := newStage(t)
	m := newMeter(t, s.endpoint, s.table)
	r := &ruled{table: s.table, client: connect(m.server.URL), past: connect(s.endpoint)}
	must(t, r.put("E#1", 900)(t.Context(), r.past))
	must(t, r.put("E#2", 1100)(t.Context(), r.past))
	must(t, r.put("E#3", 9000)(t.Context(), r.past))
	for _, rule := range []struct {
		name          string
		do            func(context.Context, *dynamodb.Client) error
		reads, writes float64
	}{
		{"a read is a unit for each 4 KB", r.get("E#3", true), 3, 0},
		{"a missing item is a unit", r.get("E#9", true), 1, 0},
		{"an eventually consistent read is half", r.get("E#1", false), 0.5, 0},
		{"a batch is rounded item by item", r.batch("E#1", "E#2", "E#3", "E#9"), 6, 0},
		{"a query is rounded as a whole", r.query("E#1", "E#3", true), 3, 0},
		{"an eventually consistent query is half", r.query("E#1", "E#3", false), 1.5, 0},
		{"an empty query is a unit", r.query("E#8", "E#9", true), 1, 0},
		{"an eventually consistent empty query is half a unit", r.query("E#8", "E#9", false), 0.5, 0},
		{"a write is a unit for each KB", r.put("E#4", 1100), 0, 2},
		{"the larger of old and new counts", r.put("E#4", 10), 0, 2},
		{"an update counts the whole item", r.update("E#3", ""), 0, 9},
		{"a refused write counts the existing item", r.update("E#3", "attribute_not_exists(pk)"), 0, 9},
		{"a delete counts the deleted item", r.remove("E#2"), 0, 2},
		{"a delete of nothing is a unit", r.remove("E#2"), 0, 1},
		{"a transaction is twice the units, item by item", r.transact(), 0, 2 * (1 + 2 + 9 + 1)},
	} {
		t.Run(rule.name, func(t *testing.T) {
			must(t, rule.do(t.Context(), r.client))
			sum := Count{Calls: m.take(t)}
			if diff := cmp.Diff([]float64{rule.reads, rule.writes}, []float64{sum.Reads(), sum.Writes()}); diff != "" {
				t.Errorf("read and write units (-want +got):\n%s", diff)
			}
		})
	}
}

var errNotRefused = errors.New("the condition holds")

// ruled makes the calls that the rules are about.
type ruled struct {
	table        string
	client, past *dynamodb.Client
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func at(sk string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": text("R#r"), "sk": text(sk)}
}

func sized(sk string, size int) map[string]types.AttributeValue {
	item := at(sk)
	item["text"] = text(strings.Repeat("x", size))
	return item
}

func (r *ruled) put(sk string, size int) func(context.Context, *dynamodb.Client) error {
	return func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(r.table), Item: sized(sk, size)})
		return err
	}
}

func (r *ruled) get(sk string, isStrong bool) func(context.Context, *dynamodb.Client) error {
	return func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(r.table), Key: at(sk), ConsistentRead: &isStrong})
		return err
	}
}

func (r *ruled) batch(sks ...string) func(context.Context, *dynamodb.Client) error {
	asked := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, sk := range sks {
		asked.Keys = append(asked.Keys, at(sk))
	}
	return func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{r.table: asked},
		})
		return err
	}
}

func (r *ruled) query(first, last string, isStrong bool) func(context.Context, *dynamodb.Client) error {
	return func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.Query(ctx, &dynamodb.QueryInput{
			TableName: aws.String(r.table), ConsistentRead: &isStrong,
			KeyConditionExpression:    aws.String("pk = :pk AND sk BETWEEN :first AND :last"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":pk": text("R#r"), ":first": text(first), ":last": text(last)},
		})
		return err
	}
}

// update changes one attribute. A condition, if given, must fail.
func (r *ruled) update(sk, condition string) func(context.Context, *dynamodb.Client) error {
	return func(ctx context.Context, c *dynamodb.Client) error {
		in := &dynamodb.UpdateItemInput{
			TableName: aws.String(r.table), Key: at(sk), UpdateExpression: aws.String("SET kind = :kind"),
			ExpressionAttributeValues:           map[string]types.AttributeValue{":kind": text("posted")},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}
		if condition == "" {
			_, err := c.UpdateItem(ctx, in)
			return err
		}
		in.ConditionExpression = &condition
		if _, err := c.UpdateItem(ctx, in); err == nil {
			return errNotRefused
		}
		return nil
	}
}

func (r *ruled) remove(sk string) func(context.Context, *dynamodb.Client) error {
	return func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(r.table), Key: at(sk)})
		return err
	}
}

// transact puts two items, and removes one of nine units and a missing one.
func (r *ruled) transact() func(context.Context, *dynamodb.Client) error {
	table := aws.String(r.table)
	return func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: table, Item: sized("E#10", 900)}},
			{Put: &types.Put{TableName: table, Item: sized("E#11", 1100)}},
			{Delete: &types.Delete{TableName: table, Key: at("E#3")}},
			{Delete: &types.Delete{TableName: table, Key: at("E#12")}},
		}})
		return err
	}
}
