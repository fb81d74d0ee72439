package dynamostore

import (
	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/maru-chat/maru/internal/chat"
)

// attrPush holds the draft's hint, on an entry that is to be pushed by way of the
// table's stream. The stream is filtered by it.
const attrPush = "push"

// hintStream is the one hint that a draft may carry.
const hintStream = "stream"

// setPush marks the slot of an entry that is to be pushed by way of the stream.
func setPush(slot item, d *chat.Draft) {
	if d.Hint == hintStream {
		slot[attrPush] = text(hintStream)
	}
}

// DecodeImage reads an entry from an item as the table's stream shows it.
func DecodeImage(image map[string]events.DynamoDBAttributeValue) (chat.Entry, error) {
	return entryOf(itemOf(image))
}

// itemOf converts an item of the stream into one of the table.
func itemOf(image map[string]events.DynamoDBAttributeValue) item {
	it := make(item, len(image))
	for name, v := range image {
		it[name] = valueOf(v)
	}
	return it
}

// valueOf converts an attribute of the stream into one of the table; nil for the
// types that no item uses.
func valueOf(v events.DynamoDBAttributeValue) types.AttributeValue {
	switch v.DataType() {
	case events.DataTypeString:
		return text(v.String())
	case events.DataTypeNumber:
		return &types.AttributeValueMemberN{Value: v.Number()}
	case events.DataTypeBoolean:
		return &types.AttributeValueMemberBOOL{Value: v.Boolean()}
	case events.DataTypeList:
		list := &types.AttributeValueMemberL{}
		for _, element := range v.List() {
			list.Value = append(list.Value, valueOf(element))
		}
		return list
	case events.DataTypeMap:
		fields := map[string]types.AttributeValue{}
		for name, field := range v.Map() {
			fields[name] = valueOf(field)
		}
		return &types.AttributeValueMemberM{Value: fields}
	default:
		return nil
	}
}
