package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/maru-chat/maru/internal/apigw/apigwtest"
)

// meter is a proxy in front of DynamoDB Local that counts every call with the
// units that DynamoDB would bill. DynamoDB Local reports them, as DynamoDB does,
// but it reports nothing for an empty query or a missing item of a batch, it
// rounds a transaction as a whole and not item by item, and neither reports the
// units of a refused write: the meter counts these by the documented rules.
// TestMeter shows that the sum is right.
type meter struct {
	server *httptest.Server
	target string
	table  string

	mu      sync.Mutex
	calls   map[callKind]*Call
	odd     []string // calls that it cannot count
	actions actions
}

// callKind is an operation on one kind of items.
type callKind struct{ operation, items string }

func newMeter(tb testing.TB, target, table string) *meter {
	m := &meter{target: target, table: table, calls: map[callKind]*Call{}, actions: actions{}}
	m.server = httptest.NewServer(m)
	tb.Cleanup(m.server.Close)
	return m
}

// take returns the calls since the last take, and forgets them.
func (m *meter) take(tb testing.TB) []Call {
	tb.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, odd := range m.odd {
		tb.Errorf("the meter cannot count %s", odd)
	}
	var taken []Call
	for _, c := range m.calls {
		taken = append(taken, *c)
	}
	m.calls, m.odd = map[callKind]*Call{}, nil
	slices.SortFunc(taken, Call.compare)
	return taken
}

// ServeHTTP forwards a request and returns its answer.
func (m *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var request map[string]any
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	request["ReturnConsumedCapacity"] = "TOTAL"
	touched := keysOf(request)
	before, beforeErr := m.sizes(r, touched)
	status, header, body, err := m.forward(r, r.Header, request)
	after, afterErr := m.sizes(r, touched)
	if err := errors.Join(beforeErr, err, afterErr); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	m.count(operation, request, status, body, transacted(before, after))
	m.note(r, operation, request)
	for name := range header {
		w.Header().Set(name, header.Get(name))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails only when the caller is gone
}

func (m *meter) note(r *http.Request, operation string, request map[string]any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.actions.addCall(r, operation, request)
}

func (m *meter) noteConnections(function string, before, after apigwtest.Counts) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.actions.addConnections(function, before, after)
}

// keysOf returns the keys of the items that a transaction writes, and none for any
// other request.
func keysOf(request map[string]any) []map[string]any {
	var keys []map[string]any
	actions, _ := request["TransactItems"].([]any)
	for _, action := range actions {
		does, _ := action.(map[string]any)
		for _, what := range does {
			fields, _ := what.(map[string]any)
			at, isKey := fields["Key"].(map[string]any)
			if !isKey {
				item, _ := fields["Item"].(map[string]any)
				at = map[string]any{"pk": item["pk"], "sk": item["sk"]}
			}
			keys = append(keys, at)
		}
	}
	return keys
}

// sizes returns the current sizes of the items, uncounted.
func (m *meter) sizes(r *http.Request, keys []map[string]any) ([]int, error) {
	header := r.Header.Clone()
	header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
	sizes := make([]int, len(keys))
	for i, key := range keys {
		_, _, body, err := m.forward(r, header, map[string]any{"TableName": m.table, "Key": key, "ConsistentRead": true})
		var answer struct{ Item map[string]any }
		if err = errors.Join(err, json.Unmarshal(body, &answer)); err != nil {
			return nil, err
		}
		sizes[i] = sizeOf(answer.Item)
	}
	return sizes, nil
}

// transacted returns the units of a transaction that found and left items of
// these sizes: twice the units of the same writes outside a transaction.
func transacted(before, after []int) float64 {
	units := 0.0
	for i := range before {
		units += 2 * unitsOf(max(before[i], after[i]), writeUnit)
	}
	return units
}

// unitsOf rounds up; a missing item is one unit too.
func unitsOf(size, unit int) float64 { return max(1, math.Ceil(float64(size)/float64(unit))) }

func (m *meter) forward(r *http.Request, asked http.Header, request map[string]any) (status int, header http.Header, body []byte, err error) {
	text, err := json.Marshal(request)
	if err != nil {
		return 0, nil, nil, err
	}
	out, err := http.NewRequestWithContext(r.Context(), http.MethodPost, m.target+r.URL.Path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, nil, err
	}
	out.Header = asked.Clone()
	in, err := http.DefaultClient.Do(out)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = in.Body.Close() }()
	body, err = io.ReadAll(in.Body)
	return in.StatusCode, in.Header, body, err
}

// consumed is the capacity in an answer: an object, or a list with one for each
// table.
type consumed struct{ CapacityUnits float64 }

func (c *consumed) UnmarshalJSON(raw []byte) error {
	type units consumed
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		return json.Unmarshal(raw, (*units)(c))
	}
	var list []units
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	for _, one := range list {
		c.CapacityUnits += one.CapacityUnits
	}
	return nil
}

func (m *meter) count(operation string, request map[string]any, status int, body []byte, transacted float64) {
	kind := callKind{operation, itemsOf(operation, request)}
	units, isRefused, err := unitsUsed(operation, request, status, body)
	if isRefused {
		kind.operation += ", refused"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.odd = append(m.odd, fmt.Sprintf("%s of %s: %v", operation, kind.items, err))
		return
	}
	c := m.calls[kind]
	if c == nil {
		c = &Call{Operation: kind.operation, Items: kind.items}
		m.calls[kind] = c
	}
	c.Times++
	if isRead(operation) {
		c.Reads += units
	} else {
		c.Writes += cmp.Or(transacted, units)
	}
}

// unitsUsed returns the units of an answer. Those of a transaction are not right:
// see transacted.
func unitsUsed(operation string, request map[string]any, status int, body []byte) (units float64, isRefused bool, err error) {
	var answer struct {
		Type             string `json:"__type"`
		ConsumedCapacity *consumed
		Count            int              // of a query
		Responses        map[string][]any // of a batch
		Item             map[string]any   // the existing item, when a condition failed
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return 0, false, err
	}
	switch {
	case strings.HasSuffix(answer.Type, "#ConditionalCheckFailedException"):
		return unitsOf(sizeOf(answer.Item), writeUnit), true, nil
	case status != http.StatusOK || answer.ConsumedCapacity == nil:
		return 0, false, fmt.Errorf("it was answered %d: %s", status, body)
	case operation == "Query" && answer.Count == 0:
		return readOfNothing(request), false, nil
	case operation == "BatchGetItem":
		units := answer.ConsumedCapacity.CapacityUnits
		tables, _ := request["RequestItems"].(map[string]any)
		for name, table := range tables {
			asked, _ := table.(map[string]any)
			keys, _ := asked["Keys"].([]any)
			units += float64(len(keys)-len(answer.Responses[name])) * readOfNothing(asked)
		}
		return units, false, nil
	default:
		return answer.ConsumedCapacity.CapacityUnits, false, nil
	}
}

// readOfNothing returns the units of a read that finds nothing.
func readOfNothing(request map[string]any) float64 {
	if isStrong, _ := request["ConsistentRead"].(bool); isStrong {
		return 1
	}
	return 0.5
}

func isRead(operation string) bool {
	return operation == "GetItem" || operation == "BatchGetItem" || operation == "Query"
}
