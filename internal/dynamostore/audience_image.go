package dynamostore

import (
	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/maru-chat/maru/internal/chat"
)

// attrPush is on an entry that is to be pushed by the table's stream, which is
// filtered by it: the draft's hint, and every end of a room.
const attrPush = "push"

// hintStream is the one hint that a draft may carry.
const hintStream = "stream"

// setPush marks the slot of an entry that the stream is to bring. The end of a
// room is brought in any case: what it empties is emptied behind the stream.
func setPush(slot item, d *chat.Draft) {
	if d.Hint == hintStream || d.Kind == chat.KindRoomDeleted {
		slot[attrPush] = text(hintStream)
	}
}

// DecodeImage reads an entry from an item as the table's stream shows it.
func DecodeImage(image map[string]events.DynamoDBAttributeValue) (chat.Entry, error) {
	it := make(item, len(image))
	for name, v := range image {
		it[name] = valueOf(v)
	}
	return entryOf(it)
}

// valueOf is an attribute of the stream as one of the table. Kinds that entries
// do not use are absent.
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
