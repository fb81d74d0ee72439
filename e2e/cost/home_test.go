package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/maru-chat/maru/e2e/bootstrap"
	"github.com/maru-chat/maru/internal/apigw/apigwtest"
	"github.com/maru-chat/maru/internal/auth"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/dynamolocal"
	"github.com/maru-chat/maru/internal/dynamostore"
)

const tableName = "maru"

// home is the serverless home without API Gateway: every function as a process
// of the deployed program, on DynamoDB Local behind the meter, pushing to a
// gateway that counts. Tests hand it events as API Gateway makes them.
type home struct {
	*stage
	meter     *meter
	gateway   *apigwtest.Gateway
	functions map[string]*bootstrap.Runtime
	stream    *streamReader
	// rooms are ten with the same ten people, neighbours those who have done
	// nothing yet; 1,000 messages of all ten stand in the first room.
	rooms      []chat.RoomID
	neighbours []*person
	halls      map[int]hall
}

// stage is what tests prepare the home with, past the meter.
type stage struct {
	endpoint string
	store    *dynamostore.Store
	service  *chat.Service
	tokens   *auth.Tokens
}

func newHome(t *testing.T) *home {
	t.Helper()
	s := newStage(t)
	h := &home{
		stage: s, meter: newMeter(t, s.endpoint, tableName), gateway: apigwtest.NewGateway(t),
		functions: map[string]*bootstrap.Runtime{}, halls: map[int]hall{}, stream: followStream(t, s.endpoint),
	}
	program, err := bootstrap.Build(t.TempDir(), runtime.GOOS, runtime.GOARCH)
	must(t, err)
	for _, handler := range []string{"authorizer", "socket", "http", "push"} {
		h.functions[handler] = h.start(t, program, handler)
	}
	return h
}

func newStage(t *testing.T) *stage {
	t.Helper()
	local, err := dynamolocal.Start(t.Context())
	if err != nil {
		dynamolocal.SkipOrFail(t, err)
	}
	t.Cleanup(local.Close)
	client := connect(local.Endpoint())
	must(t, dynamostore.CreateTable(t.Context(), client, tableName))
	s := &stage{endpoint: local.Endpoint(), store: dynamostore.New(dynamostore.Config{Client: client, Table: tableName})}
	nobody := chattest.NewAudience(time.Now)
	s.service = chat.NewService(chat.Ports{
		Log: s.store, Rooms: s.store, Members: s.store, Marks: s.store, Accounts: s.store, Search: s.store,
		Limiter: s.store, Subscriptions: nobody, Audience: nobody,
	}, time.Now, rand.Text)
	s.service.Rates = chat.Rates{}
	key, err := s.store.Secret(t.Context(), "KEY", func() []byte { return bytes.Repeat([]byte{7}, auth.KeySize) })
	must(t, err)
	s.tokens, err = auth.NewTokens(key, time.Now)
	must(t, err)
	return s
}

// start runs a function with the settings that it has in AWS, but for the
// addresses.
func (h *home) start(t *testing.T, program, handler string) *bootstrap.Runtime {
	t.Helper()
	lambda, err := bootstrap.NewRuntime(t.Context())
	must(t, err)
	process, err := lambda.Start(program,
		"_HANDLER="+handler, "MARU_TABLE="+tableName, "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret",
		"MARU_DYNAMODB_URL="+h.meter.server.URL, "MARU_CALLBACK_URL="+h.gateway.URL(),
		"MARU_SOCKET_URL=wss://socket.example.org/prod", "MARU_API_URL=https://api.example.org",
		"MARU_PUBLIC_URL="+origin,
	)
	must(t, err)
	t.Cleanup(func() {
		process.Stop()
		must(t, lambda.Close())
		if t.Failed() {
			t.Logf("%s wrote:\n%s", handler, process.Output())
		}
	})
	return lambda
}

func connect(url string) *dynamodb.Client {
	return dynamostore.Connect(dynamostore.Endpoint{
		Region: "us-east-1", URL: url, Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	})
}

// person is a user with a page: a token and a connection.
type person struct {
	id    chat.UserID
	token string
	conn  chat.ConnID
	// identity is what the authorizer said of the connection.
	identity map[string]any
	since    time.Time
}

// person makes a user whom no function has seen: every bucket of theirs is full.
func (h *home) person(t *testing.T) *person {
	t.Helper()
	user, err := h.service.SignIn(t.Context(), "192.0.2.1", "Mina Kim")
	must(t, err)
	token, expiresAt, err := h.tokens.Issue(user.ID)
	must(t, err)
	p := &person{id: user.ID, token: token, conn: newConn(), since: time.Now()}
	p.identity = map[string]any{
		"principalId": string(p.id), "integrationLatency": 12,
		"kind": "v1", "user": string(p.id), "expires": strconv.FormatInt(expiresAt.Unix(), 10),
	}
	return p
}

// newConn is an id such as API Gateway gives.
func newConn() chat.ConnID {
	raw := make([]byte, 11)
	_, _ = rand.Read(raw) // crypto/rand.Read never fails
	return chat.ConnID(base64.StdEncoding.EncodeToString(raw))
}

// room makes a room with so many members, the first its owner, all of them
// connected and listening.
func (h *home) room(t *testing.T, members int) (chat.RoomID, []*person) {
	t.Helper()
	people := make([]*person, members)
	for i := range people {
		people[i] = h.person(t)
	}
	return h.roomOf(t, people), people
}

func (h *home) roomOf(t *testing.T, people []*person) chat.RoomID {
	t.Helper()
	id := chat.RoomID(uuid.NewString())
	_, err := h.service.Create(t.Context(), people[0].id, chat.Create{
		Write: chat.Write{Room: id, ID: newEntryID()}, Title: "Lunch", Visibility: chat.Public,
	})
	must(t, err)
	for _, p := range people[1:] {
		_, err := h.service.Join(t.Context(), p.id, chat.Write{Room: id, ID: newEntryID(), Since: h.head(t, id)})
		must(t, err)
	}
	for _, p := range people {
		h.listen(t, id, p)
	}
	return id
}

// settle makes the ten rooms of ten.
func (h *home) settle(t *testing.T) {
	t.Helper()
	for range 10 {
		h.neighbours = append(h.neighbours, h.person(t))
	}
	for range 10 {
		h.rooms = append(h.rooms, h.roomOf(t, h.neighbours))
	}
	for _, p := range h.neighbours {
		h.say(t, h.rooms[0], p, 100)
	}
}

// neighbour is one of the ten, each in turn: by the time that it is theirs again,
// their buckets are full.
func (h *home) neighbour() *person {
	p := h.neighbours[0]
	h.neighbours = append(h.neighbours[1:], p)
	return p
}

// hall is a room in which BurstMessages people can speak and many listen.
type hall struct {
	room   chat.RoomID
	people []*person
}

// hall is the one that so many connections listen to.
func (h *home) hall(t *testing.T, connections int) hall {
	t.Helper()
	if h.halls[connections].room == "" {
		room, people := h.room(t, BurstMessages)
		h.crowd(t, room, connections-BurstMessages)
		h.halls[connections] = hall{room, people}
	}
	return h.halls[connections]
}

// listen opens the person's connection in the room, as $connect and join do.
func (h *home) listen(t *testing.T, room chat.RoomID, p *person) {
	t.Helper()
	row := dynamostore.Row{
		User: p.id, Conn: p.conn, Kind: "v1", ConnectedAt: p.since, ExpiresAt: p.since.Add(2*time.Hour + 5*time.Minute),
	}
	err := h.store.SaveConnection(t.Context(), row)
	row.Room = room
	if err = errors.Join(err, h.store.SaveListener(t.Context(), row)); err != nil {
		t.Error(err) // of a crowd, in any goroutine
	}
	h.gateway.Open(p.conn)
}

// crowd has so many more connections listen to the room, of people who are not
// its members.
func (h *home) crowd(t *testing.T, room chat.RoomID, connections int) {
	t.Helper()
	var opening sync.WaitGroup
	free := make(chan struct{}, 8)
	for range connections {
		free <- struct{}{}
		opening.Go(func() {
			h.listen(t, room, &person{id: chat.UserID(rand.Text()), conn: newConn(), since: time.Now()})
			<-free
		})
	}
	opening.Wait()
}

func newEntryID() chat.EntryID { return chat.EntryID(uuid.NewString()) }

func (h *home) head(t *testing.T, room chat.RoomID) chat.Cursor {
	t.Helper()
	heads, err := h.store.Heads(t.Context(), []chat.RoomID{room})
	must(t, err)
	return heads[0].Cursor
}

// say has the person post so many messages, past the functions.
func (h *home) say(t *testing.T, room chat.RoomID, p *person, messages int) {
	t.Helper()
	heads, err := h.store.Heads(t.Context(), []chat.RoomID{room})
	must(t, err)
	scanned := chat.Scanned{Head: heads[0]}
	for range messages {
		appended, err := h.store.Append(t.Context(), &chat.Draft{
			Room: room, Author: p.id, ID: newEntryID(), Now: time.Now(),
			Content: chat.Content{Kind: chat.KindPosted, Text: words},
		}, &scanned)
		must(t, err)
		scanned.Head = appended.Entry.Head()
	}
	must(t, h.store.Flush(t.Context()))
}

// words are a message of 300 bytes.
var words = strings.Repeat("so it goes on and ", 16) + "that is all."

// invoke has a function answer an event, into answer unless that is nil.
func (h *home) invoke(t *testing.T, tally *Count, function string, event, answer any) {
	t.Helper()
	payload, err := json.Marshal(event)
	must(t, err)
	raw, err := h.functions[function].Invoke(t.Context(), payload)
	must(t, err)
	tally.Invocations[function]++
	if answer != nil {
		must(t, json.Unmarshal(raw, answer))
	}
}

// must ends the test on an error.
func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// streamReader reads the table's stream as Lambda does.
type streamReader struct {
	endpoint, iterator string
}

func followStream(t *testing.T, endpoint string) *streamReader {
	t.Helper()
	s := &streamReader{endpoint: endpoint}
	var table struct {
		Table struct{ LatestStreamArn string }
	}
	s.call(t, "DynamoDB_20120810.DescribeTable", map[string]any{"TableName": tableName}, &table)
	arn := table.Table.LatestStreamArn
	var stream struct {
		StreamDescription struct{ Shards []struct{ ShardId string } }
	}
	s.call(t, "DynamoDBStreams_20120810.DescribeStream", map[string]any{"StreamArn": arn}, &stream)
	if n := len(stream.StreamDescription.Shards); n != 1 {
		t.Fatalf("the stream has %d shards, want 1", n)
	}
	var at struct{ ShardIterator string }
	s.call(t, "DynamoDBStreams_20120810.GetShardIterator", map[string]any{
		"StreamArn": arn, "ShardId": stream.StreamDescription.Shards[0].ShardId, "ShardIteratorType": "LATEST",
	}, &at)
	s.iterator = at.ShardIterator
	return s
}

// streamRecord is a record as far as serverless.yml filters it.
type streamRecord struct {
	EventName string `json:"eventName"`
	DynamoDB  struct {
		NewImage struct {
			Push struct{ S string } `json:"push"`
		}
	} `json:"dynamodb"`
}

// next reads until so many records have come that the filter lets through.
func (s *streamReader) next(t *testing.T, want int) []json.RawMessage {
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
			if record.EventName == "INSERT" && record.DynamoDB.NewImage.Push.S == "stream" {
				// DynamoDB Local leaves the type of an empty map out; DynamoDB does not.
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
	// The least that DynamoDB Local takes for a signature.
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
