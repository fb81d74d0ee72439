package dynamostore

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/maru-chat/maru/internal/chat"
)

// listener passes requests on and keeps the bodies of reads.
type listener struct {
	mu    sync.Mutex
	reads map[string][]string // by operation
}

func (l *listener) Do(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(sent))
	l.mu.Lock()
	l.reads[operation] = append(l.reads[operation], string(sent))
	l.mu.Unlock()
	return http.DefaultClient.Do(r)
}

// TestStore_readsConsistently looks at the requests themselves: DynamoDB Local
// answers an eventually consistent read just as well.
func TestStore_readsConsistently(t *testing.T) {
	t.Parallel()
	heard := &listener{reads: map[string][]string{}}
	client := dynamodb.New(connect(endpoint(t)).Options(), func(o *dynamodb.Options) { o.HTTPClient = heard })
	s := New(Config{Client: client, Table: tableName})
	room := chat.RoomID("consistent-" + time.Now().Format("150405.000000")[7:])
	created, err := s.Append(t.Context(), &chat.Draft{
		Room: room, Author: author, ID: "created", Now: time.Now(),
		Content: chat.Content{Kind: chat.KindCreated, Visibility: chat.Public, Founders: []chat.Founder{{User: author, Role: chat.RoleOwner}}},
	}, &chat.Scanned{})
	if err != nil {
		t.Fatal(err)
	}
	d := &chat.Draft{Room: room, Author: author, ID: "post", Content: plainPost, Since: created.Entry.Cursor(), Now: time.Now()}
	scanned, err := s.Scan(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	posted, err := s.Append(t.Context(), d, &scanned)
	if err != nil {
		t.Fatal(err)
	}
	for what, read := range map[string]func() error{
		"Read":             func() error { _, err := s.Read(t.Context(), room, chat.Cursor{}, 10); return err },
		"Read at the head": func() error { _, err := s.Read(t.Context(), room, posted.Entry.Cursor(), 10); return err },
		"History":          func() error { _, err := s.History(t.Context(), room, 0, 10); return err },
		"Heads":            func() error { _, err := s.Heads(t.Context(), []chat.RoomID{room}); return err },
		"FindRooms":        func() error { _, err := s.FindRooms(t.Context(), room); return err },
		"Post":             func() error { _, err := s.Post(t.Context(), room, 2); return err },
		"one member":       func() error { _, err := s.FindMembers(t.Context(), room, author); return err },
		"two members":      func() error { _, err := s.FindMembers(t.Context(), room, author, "other"); return err },
		"RoomsOf":          func() error { _, err := s.RoomsOf(t.Context(), author); return err },
		"Marks":            func() error { _, err := s.Marks(t.Context(), author); return err },
		"ListMembers":      func() error { _, err := s.ListMembers(t.Context(), room, "", 10); return err },
		"Mentions":         func() error { _, err := s.Mentions(t.Context(), author, chat.Mention{}, 10); return err },
		"User":             func() error { _, err := s.User(t.Context(), author); return err },
		"Secret":           func() error { _, err := s.Secret(t.Context(), "read-test", newSecret); return err },
		"CountMentions": func() error {
			_, err := s.CountMentions(t.Context(), author, map[chat.RoomID]chat.Seq{room: 1})
			return err
		},
	} {
		if err := read(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	flush(t, s)
	for _, operation := range []string{"Query", "GetItem", "BatchGetItem"} {
		if len(heard.reads[operation]) == 0 {
			t.Errorf("no %s was heard", operation)
		}
		for _, body := range heard.reads[operation] {
			if !isConsistent(t, body) {
				t.Errorf("%s is not strongly consistent: %s", operation, body)
			}
		}
	}
	if heard.reads["PutItem"] == nil || len(heard.reads["TransactWriteItems"]) != 1 {
		t.Errorf("a plain post was not one PutItem, or a creation not one transaction: %v", heard.reads)
	}
}

func isConsistent(t *testing.T, body string) bool {
	t.Helper()
	var request struct {
		ConsistentRead bool
		RequestItems   map[string]struct{ ConsistentRead bool }
	}
	if err := json.Unmarshal([]byte(body), &request); err != nil {
		t.Fatal(err)
	}
	for _, table := range request.RequestItems {
		request.ConsistentRead = table.ConsistentRead
	}
	return request.ConsistentRead
}
