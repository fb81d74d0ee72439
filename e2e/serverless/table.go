package serverless

import (
	"context"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/maru-chat/maru/internal/dynamostore"
)

type key = map[string]types.AttributeValue

// signingKey is the key of the item with the signing key, which each function
// reads once and then keeps in memory.
var signingKey = key{
	"pk": &types.AttributeValueMemberS{Value: "S#"}, "sk": &types.AttributeValueMemberS{Value: "KEY"},
}

func (h *Home) database() *dynamodb.Client {
	return dynamostore.Connect(dynamostore.Endpoint{
		Region: "us-east-1", URL: h.options.DynamoDB,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

// RevokeTokens deletes the signing key, which invalidates every token once the
// home is started again.
func (h *Home) RevokeTokens(ctx context.Context) error {
	_, err := h.database().DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(h.Table()), Key: signingKey})
	return err
}

// Empty deletes everything but the signing key, so that the home is like a new one
// without a restart. Connected clients are not told.
func (h *Home) Empty(ctx context.Context) error {
	database, table := h.database(), h.Table()
	pages := dynamodb.NewScanPaginator(database, &dynamodb.ScanInput{
		TableName: &table, ConsistentRead: aws.Bool(true), ProjectionExpression: aws.String("pk, sk"),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		const mostAtOnce = 25 // the limit of BatchWriteItem
		for keys := range slices.Chunk(page.Items, mostAtOnce) {
			if err := deleteAll(ctx, database, table, keys); err != nil {
				return err
			}
		}
	}
	return nil
}

func deleteAll(ctx context.Context, database *dynamodb.Client, table string, keys []key) error {
	var deletes []types.WriteRequest
	for _, key := range keys {
		if !reflect.DeepEqual(key, signingKey) {
			deletes = append(deletes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key}})
		}
	}
	for len(deletes) > 0 {
		done, err := database.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{table: deletes},
		})
		if err != nil {
			return err
		}
		deletes = done.UnprocessedItems[table]
	}
	return nil
}
