package main

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
)

// Count is all that AWS bills of one thing that somebody does.
type Count struct {
	// Name says what was done; counts are found by it.
	Name string `json:"name"`
	// In are messages that clients sent. Answers went back on the same
	// connection, Pushes to any. A message of more than 32 KB counts as several.
	In      int `json:"in"`
	Answers int `json:"answers"`
	Pushes  int `json:"pushes"`
	// Requests are those of the HTTP API.
	Requests int `json:"requests"`
	// Invocations are counted by function.
	Invocations map[string]int `json:"invocations"`
	// Calls are DynamoDB's.
	Calls []Call `json:"calls"`
}

// Reads are the read units of all calls.
func (c *Count) Reads() float64 {
	sum := 0.0
	for _, call := range c.Calls {
		sum += call.Reads
	}
	return sum
}

// Writes are the write units of all calls.
func (c *Count) Writes() float64 {
	sum := 0.0
	for _, call := range c.Calls {
		sum += call.Writes
	}
	return sum
}

// TableCalls is how often the table was called.
func (c *Count) TableCalls() int {
	sum := 0
	for _, call := range c.Calls {
		sum += call.Times
	}
	return sum
}

// pusher names the function that the pushes came from.
func (c *Count) pusher() (name string, isOne bool) {
	if c.Invocations["push"] > 0 {
		return "push", true
	}
	return "socket", c.Pushes > 0
}

// Of are the units of those calls alone that concern one kind of items.
func (c *Count) Of(items string) Call {
	sum := Call{Items: items}
	for _, call := range c.Calls {
		if call.Items == items {
			sum.Times, sum.Reads, sum.Writes = sum.Times+call.Times, sum.Reads+call.Reads, sum.Writes+call.Writes
		}
	}
	return sum
}

// Call is one operation on one kind of items of the table.
type Call struct {
	Operation string `json:"operation"`
	Items     string `json:"items"`
	Times     int    `json:"times"`
	// Reads and Writes are the units of all of them together.
	Reads  float64 `json:"reads,omitempty"`
	Writes float64 `json:"writes,omitempty"`
}

func (c Call) compare(d Call) int {
	return cmp.Or(cmp.Compare(c.Items, d.Items), cmp.Compare(c.Operation, d.Operation))
}

//go:embed counts.json
var counted []byte

// readCounts returns the counts that TestCounts holds the program to.
func readCounts() (map[string]*Count, error) {
	var list []*Count
	if err := json.Unmarshal(counted, &list); err != nil {
		return nil, fmt.Errorf("read counts.json: %w", err)
	}
	byName := map[string]*Count{}
	for _, c := range list {
		byName[c.Name] = c
	}
	return byName, nil
}
