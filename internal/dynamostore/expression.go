package dynamostore

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// expression is a change in DynamoDB's words. Every name and value stands
// behind a placeholder: names may be reserved words, and keys of rx hold emoji.
type expression struct {
	parts      [4][]string // by verb
	conditions []string
	names      map[string]string
	values     map[string]types.AttributeValue
}

func express(c *change) *expression {
	e := &expression{}
	for _, cl := range c.clauses {
		e.add(cl)
	}
	for _, only := range c.only {
		e.conditions = append(e.conditions, e.condition(only))
	}
	return e
}

func (e *expression) add(cl clause) {
	path := e.name(cl.name)
	if cl.within != "" {
		path += "." + e.name(cl.within)
	}
	var part string
	switch cl.verb {
	case verbSet:
		part = path + " = " + e.value(cl.value)
	case verbRemove:
		part = path
	case verbAdd:
		part = path + " " + e.value(cl.value)
	case verbAppend:
		part = path + " = list_append(if_not_exists(" + path + ", " + e.value(numbers()) + "), " + e.value(cl.value) + ")"
	}
	e.parts[cl.verb] = append(e.parts[cl.verb], part)
}

func (e *expression) name(attribute string) string {
	if e.names == nil {
		e.names = map[string]string{}
	}
	placeholder := "#n" + strconv.Itoa(len(e.names))
	e.names[placeholder] = attribute
	return placeholder
}

func (e *expression) value(v types.AttributeValue) string {
	if e.values == nil {
		e.values = map[string]types.AttributeValue{}
	}
	placeholder := ":v" + strconv.Itoa(len(e.values))
	e.values[placeholder] = v
	return placeholder
}

func (e *expression) update() *string {
	var sections []string
	section := func(word string, parts []string) {
		if len(parts) > 0 {
			sections = append(sections, word+" "+strings.Join(parts, ", "))
		}
	}
	section("SET", append(e.parts[verbSet], e.parts[verbAppend]...))
	section("REMOVE", e.parts[verbRemove])
	section("ADD", e.parts[verbAdd])
	return nonEmpty(strings.Join(sections, " "))
}

func (e *expression) condition(c condition) string {
	name := e.name(c.name)
	absent := "attribute_not_exists(" + name + ")"
	if c.value == nil {
		return absent
	}
	compared := name + " " + string(c.is) + " " + e.value(c.value)
	if c.orAbsent {
		return "(" + absent + " OR " + compared + ")"
	}
	return compared
}

func (e *expression) allConditions() *string { return nonEmpty(strings.Join(e.conditions, " AND ")) }

// action is a change as one action of a transaction.
func (d *dynamo) action(c *change) types.TransactWriteItem {
	e := express(c)
	k := newItem(c.key)
	switch {
	case c.put != nil:
		return types.TransactWriteItem{Put: &types.Put{
			TableName: &d.name, Item: c.put, ConditionExpression: e.allConditions(),
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		}}
	case c.isErased:
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName: &d.name, Key: k, ConditionExpression: e.allConditions(),
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		}}
	default:
		return types.TransactWriteItem{Update: &types.Update{
			TableName: &d.name, Key: k, UpdateExpression: e.update(), ConditionExpression: e.allConditions(),
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		}}
	}
}
