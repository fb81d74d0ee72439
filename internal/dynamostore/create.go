package dynamostore

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/maru-chat/maru/internal/chat"
)

// CreateTable makes the table that a Store works on, as the deployment makes it
// in AWS: on demand, with a stream of new images and with items that expire. It
// is for tests and for DynamoDB Local, and returns when the table is ready. A
// table that exists already is an error.
func CreateTable(ctx context.Context, client *dynamodb.Client, name string) error {
	if err := createTable(ctx, client, name); err != nil {
		return err
	}
	_, err := client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &name,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String(attrExpires), Enabled: aws.Bool(true),
		},
	}, unhurried)
	return chat.Wrap(err, chat.CodeInternal, "let items expire in table "+name)
}

// unhurried lifts the bound of callTimeout: a DynamoDB Local that has just been
// started on a busy machine takes its time for the first call.
func unhurried(o *dynamodb.Options) {
	o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(time.Minute)
}

func createTable(ctx context.Context, client *dynamodb.Client, name string) error {
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
		StreamSpecification: &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewImage,
		},
	}, unhurried)
	if err != nil {
		return chat.Wrap(err, chat.CodeInternal, "create table "+name)
	}
	ready := dynamodb.NewTableExistsWaiter(client)
	if err := ready.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &name}, time.Minute); err != nil {
		return chat.Wrap(err, chat.CodeUnavailable, "wait for table "+name)
	}
	return nil
}
