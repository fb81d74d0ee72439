package main

import (
	"slices"
	"strings"
)

// itemKinds names the kinds of items by the prefixes of their keys, as the
// comment of package dynamostore lists them.
var itemKinds = []struct{ pk, sk, name string }{
	{"R#", "E#", "entry"},
	{"R#", "ROOM", "room"},
	{"R#", "M#", "member"},
	{"U#", "M#", "membership"},
	{"U#", "N#", "mention"},
	{"U#", "K#", "mark"},
	{"U#", "USER", "account"},
	{"U#", "C#", "connection"},
	{"C#", "A#", "listened room"},
	{"A#", "C#", "listener"},
	{"A#", "V#", "eviction"},
	{"P#", "R#", "public room"},
	{"L#", "BUCKET", "limiter"},
	{"S#", "", "secret"},
}

func kindOf(pk, sk string) string {
	for _, k := range itemKinds {
		if strings.HasPrefix(pk, k.pk) && strings.HasPrefix(sk, k.sk) {
			return k.name
		}
	}
	return pk + "/" + sk
}

// itemsOf names the kinds of items that a request is about.
func itemsOf(operation string, request map[string]any) string {
	switch operation {
	case "Query":
		values, _ := request["ExpressionAttributeValues"].(map[string]any)
		return kindOf(stringOf(values[":pk"]), stringOf(values[":first"]))
	case "BatchGetItem":
		var kinds []string
		tables, _ := request["RequestItems"].(map[string]any)
		for _, table := range tables {
			asked, _ := table.(map[string]any)
			keys, _ := asked["Keys"].([]any)
			for _, k := range keys {
				kinds = append(kinds, kindOfItem(k))
			}
		}
		slices.Sort(kinds)
		return strings.Join(slices.Compact(kinds), " + ")
	case "TransactWriteItems":
		var kinds []string
		actions, _ := request["TransactItems"].([]any)
		for _, action := range actions {
			kinds = append(kinds, kindOfAction(action))
		}
		return strings.Join(kinds, " + ")
	default:
		return kindOfAction(map[string]any{operation: request})
	}
}

func kindOfAction(action any) string {
	does, _ := action.(map[string]any)
	for _, what := range does {
		fields, _ := what.(map[string]any)
		if key, hasKey := fields["Key"]; hasKey {
			return kindOfItem(key)
		}
		return kindOfItem(fields["Item"])
	}
	return ""
}

func kindOfItem(item any) string {
	fields, _ := item.(map[string]any)
	return kindOf(stringOf(fields["pk"]), stringOf(fields["sk"]))
}

func stringOf(value any) string {
	typed, _ := value.(map[string]any)
	s, _ := typed["S"].(string)
	return s
}
