package dynamostore

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// partial answers a batch by its first item only, and says that the others are
// left.
type partial struct{ requests int }

func (p *partial) Do(r *http.Request) (*http.Response, error) {
	body := `{"Responses":{"` + tableName + `":[{"pk":{"S":"R#one"},"sk":{"S":"ROOM"},"room":{"S":"one"}}]},
		"UnprocessedKeys":{"` + tableName + `":{"ConsistentRead":true,"Keys":[{"pk":{"S":"R#two"},"sk":{"S":"ROOM"}}]}}}`
	if p.requests++; p.requests > 1 {
		body = `{"Item":{"pk":{"S":"R#two"},"sk":{"S":"ROOM"},"room":{"S":"two"}}}`
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: io.NopCloser(bytes.NewBufferString(body)),
	}, nil
}

func TestStore_asksAgainForWhatABatchLeft(t *testing.T) {
	t.Parallel()
	answers := &partial{}
	client := dynamodb.New(connect("http://127.0.0.1:1").Options(), func(o *dynamodb.Options) {
		o.HTTPClient, o.DisableValidateResponseChecksum = answers, true
	})
	s := New(Config{Client: client, Table: tableName})
	rooms, err := s.FindRooms(t.Context(), "one", "two")
	if err != nil || rooms[0].ID != "one" || rooms[1].ID != "two" || answers.requests != 2 {
		t.Errorf("%v, %v after %d requests; want both rooms after 2", rooms, err, answers.requests)
	}
}
