package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// streamReader reads the table's stream as Lambda does.
type streamReader struct {
	endpoint, iterator string
}

func followStream(t *testing.T, endpoint, tableName string) *streamReader {
	t.Helper()
	s := &streamReader{endpoint: endpoint}
	var table struct {
		Table struct{ LatestStreamArn string }
	}
	s.call(t, "DynamoDB_20120810.DescribeTable", map[string]any{"TableName": tableName}, &table)
	arn := table.Table.LatestStreamArn
	var stream struct {
		StreamDescription struct{ Shards []shard }
	}
	s.call(t, "DynamoDBStreams_20120810.DescribeStream", map[string]any{"StreamArn": arn}, &stream)
	if n := len(stream.StreamDescription.Shards); n != 1 {
		t.Fatalf("the stream has %d shards, want 1", n)
	}
	var at struct{ ShardIterator string }
	s.call(t, "DynamoDBStreams_20120810.GetShardIterator", map[string]any{
		"StreamArn": arn, "ShardId": stream.StreamDescription.Shards[0].ID, "ShardIteratorType": "LATEST",
	}, &at)
	s.iterator = at.ShardIterator
	return s
}

// shard is one of the stream's.
type shard struct {
	ID string `json:"ShardId"`
}

// streamRecord has the fields of a record that serverless.yml filters by.
type streamRecord struct {
	EventName string `json:"eventName"`
	DynamoDB  struct {
		NewImage struct {
			Push  struct{ S string } `json:"push"`
			Erase struct{ S string } `json:"erase"`
		}
	} `json:"dynamodb"`
}

// The filters of the two functions that read the stream.
func ofPush(r *streamRecord) bool {
	return r.EventName == "INSERT" && r.DynamoDB.NewImage.Push.S == "stream"
}

func ofErase(r *streamRecord) bool {
	return r.EventName == "MODIFY" && r.DynamoDB.NewImage.Erase.S == "more"
}

// next reads until it has so many records that match the filter.
func (s *streamReader) next(t *testing.T, want int, isWanted func(*streamRecord) bool) []json.RawMessage {
	t.Helper()
	var wanted []json.RawMessage
	for len(wanted) < want && t.Context().Err() == nil {
		var page struct {
			Records           []json.RawMessage
			NextShardIterator string
		}
		s.call(t, "DynamoDBStreams_20120810.GetRecords", map[string]any{"ShardIterator": s.iterator}, &page)
		s.iterator = page.NextShardIterator
		for _, raw := range page.Records {
			var record streamRecord
			must(t, json.Unmarshal(raw, &record))
			if isWanted(&record) {
				// DynamoDB Local omits the type of an empty map; DynamoDB does not.
				wanted = append(wanted, bytes.ReplaceAll(raw, []byte(`:{}`), []byte(`:{"M":{}}`)))
			}
		}
	}
	if len(wanted) != want {
		t.Fatalf("the stream brought %d records, want %d", len(wanted), want)
	}
	return wanted
}

func (s *streamReader) call(t *testing.T, operation string, input, answer any) {
	t.Helper()
	body, err := json.Marshal(input)
	must(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.endpoint, bytes.NewReader(body))
	must(t, err)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", operation)
	// The least that DynamoDB Local accepts as a signature.
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(r)
	must(t, err)
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	must(t, err)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", operation, raw)
	}
	must(t, json.Unmarshal(raw, answer))
}
