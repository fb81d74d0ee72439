package main

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
)

// Count is everything that AWS bills for one thing that a person does.
type Count struct {
	// Name says what was done, and is unique.
	Name string `json:"name"`
	// In is the number of messages that clients sent, Answers of those that went
	// back on the same connection, and Pushes of those to any connection. A
	// message counts once for each 32 KB.
	In      int `json:"in"`
	Answers int `json:"answers"`
	Pushes  int `json:"pushes"`
	// Requests is the number of requests to the HTTP API.
	Requests int `json:"requests"`
	// Invocations are counted by function.
	Invocations map[string]int `json:"invocations"`
	// Calls are those of DynamoDB.
	Calls []Call `json:"calls"`
}

// Reads returns the read units of all calls.
func (c *Count) Reads() float64 {
	sum := 0.0
	for _, call := range c.Calls {
		sum += call.Reads
	}
	return sum
}

// Writes returns the write units of all calls.
func (c *Count) Writes() float64 {
	sum := 0.0
	for _, call := range c.Calls {
		sum += call.Writes
	}
	return sum
}

// TableCalls returns the number of calls.
func (c *Count) TableCalls() int {
	sum := 0
	for _, call := range c.Calls {
		sum += call.Times
	}
	return sum
}

// pusher returns the function that made the pushes, if there were any.
func (c *Count) pusher() (name string, isOne bool) {
	if c.Invocations["push"] > 0 {
		return "push", true
	}
	return "socket", c.Pushes > 0
}

// Of returns the sum of the calls on one kind of items.
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
	// Reads and Writes are the units of all these calls together.
	Reads  float64 `json:"reads,omitempty"`
	Writes float64 `json:"writes,omitempty"`
}

func (c Call) compare(d Call) int {
	return cmp.Or(cmp.Compare(c.Items, d.Items), cmp.Compare(c.Operation, d.Operation))
}

//go:embed counts.json
var counted []byte

// readCounts returns the counts by name.
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
