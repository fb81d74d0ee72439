package main

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// DynamoDB's units in bytes, by
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
const (
	writeUnit = 1 << 10
	readUnit  = 4 << 10
)

// sizeOf is the size of an item as DynamoDB counts it, in bytes: names and
// values, by
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func sizeOf(item map[string]any) int {
	size := 0
	for name, value := range item {
		size += len(name) + valueSize(value)
	}
	return size
}

func valueSize(value any) int {
	typed, _ := value.(map[string]any)
	for kind, v := range typed {
		switch v := v.(type) {
		case string:
			return textSize(kind, v)
		case bool:
			return 1
		case []any: // a list: 3 bytes, and 1 for each element
			size := 3
			for _, element := range v {
				size += 1 + valueSize(element)
			}
			return size
		case map[string]any:
			return 3 + len(v) + sizeOf(v)
		}
	}
	return 0
}

func textSize(kind, v string) int {
	switch kind {
	case "N": // one byte for two digits, plus one
		digits := strings.Trim(v, "-0")
		return utf8.RuneCountInString(digits)/2 + 2
	case "B":
		return base64.StdEncoding.DecodedLen(len(v))
	default:
		return len(v)
	}
}
