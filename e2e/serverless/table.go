package serverless

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/maru-chat/maru/internal/dynamostore"
)

// RevokeTokens makes every token that was given before worthless, once the home
// is started again: it forgets the key that signed them.
func (h *Home) RevokeTokens(ctx context.Context) error {
	client := dynamostore.Connect(dynamostore.Endpoint{
		Region: "us-east-1", URL: h.options.DynamoDB,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	table := h.Table()
	_, err := client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &table,
		Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "S#"}, "sk": &types.AttributeValueMemberS{Value: "KEY"},
		},
	})
	return err
}
