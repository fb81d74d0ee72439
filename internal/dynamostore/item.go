package dynamostore

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/maru-chat/maru/internal/chat"
)

// item is what the table keeps under one key, the key included.
type item map[string]types.AttributeValue

// Attributes beside the fields of package record.
const (
	attrKind      = "kind"
	attrWalk      = "walk"    // on an entry: the token of the append that wrote it
	attrReactions = "rx"      // on a post: emoji + U+001F + user → seq
	attrReacted   = "reacted" // on a post: the newest seq that changed rx
	attrEdits     = "edits"   // on a post: seqs of its edits, oldest first
	attrDeleted   = "deleted" // on a post: the seq that deleted it; on a room: true
	attrTopic     = "topic"
	attrCreated   = "created" // milliseconds
	attrPins      = "pins"    // post → the seq that pinned it
	attrMembers   = "members"
	attrOwners    = "owners"
	attrTouched   = "touched"
	attrNamed     = "named"
	attrJoined    = "joined"  // milliseconds
	attrVersion   = "version" // of a user or a ticket
	attrExpires   = "expires" // seconds since 1970, after which DynamoDB removes the item
)

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number[N ~int | ~int64](n N) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(n), 10)}
}

func flag() types.AttributeValue { return &types.AttributeValueMemberBOOL{Value: true} }

func numbers(seqs ...chat.Seq) types.AttributeValue {
	list := &types.AttributeValueMemberL{}
	for _, seq := range seqs {
		list.Value = append(list.Value, number(seq))
	}
	return list
}

func emptyMap() types.AttributeValue {
	return &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{}}
}

// newItem starts an item with its key and only those strings that are not empty.
func newItem(k key) item {
	return item{partitionKey: text(k.pk), sortKey: text(k.sk)}
}

func (it item) setText(name, value string) {
	if value != "" {
		it[name] = text(value)
	}
}

func (it item) setNumber(name string, value int64) {
	if value != 0 {
		it[name] = number(value)
	}
}

func (it item) key() key { return key{it.text(partitionKey), it.text(sortKey)} }

// text returns a string attribute, "" when it is absent.
func (it item) text(name string) string { return textOf(it[name]) }

func textOf(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// number returns a number attribute, 0 when it is absent. The store wrote it,
// so it is a whole number.
func (it item) number(name string) int64 { return numberOf(it[name]) }

func numberOf(v types.AttributeValue) int64 {
	if n, ok := v.(*types.AttributeValueMemberN); ok {
		value, err := strconv.ParseInt(n.Value, 10, 64)
		if err == nil {
			return value
		}
	}
	return 0
}

func (it item) flag(name string) bool {
	b, ok := it[name].(*types.AttributeValueMemberBOOL)
	return ok && b.Value
}

func (it item) list(name string) []types.AttributeValue {
	if l, ok := it[name].(*types.AttributeValueMemberL); ok {
		return l.Value
	}
	return nil
}

func (it item) entries(name string) map[string]types.AttributeValue {
	if m, ok := it[name].(*types.AttributeValueMemberM); ok {
		return m.Value
	}
	return nil
}
