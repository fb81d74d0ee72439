package apigw_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/apigw/apigwtest"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/session"
	"github.com/maru-chat/maru/internal/wire"
)

// home is the serverless home with everything in memory, but for the pushes:
// they go over HTTP to a gateway on loopback.
type home struct {
	gateway  *apigwtest.Gateway
	rows     *apigwtest.Rows
	store    *store
	clock    *chattest.Clock
	audience *apigw.Audience
	service  *chat.Service
	socket   *apigw.Socket
	stream   *apigw.Stream
}

// newHome returns a home. change, if not nil, may change the options of its
// audience.
func newHome(t *testing.T, change func(*apigw.AudienceOptions)) *home {
	t.Helper()
	h := &home{
		gateway: apigwtest.NewGateway(t), rows: &apigwtest.Rows{},
		clock: chattest.NewClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)),
	}
	h.store = &store{Memory: chattest.NewMemory(), rows: h.rows}
	log := slog.New(slog.DiscardHandler)
	o := apigw.AudienceOptions{
		Connections: h.rows, Listeners: h.rows, Sockets: connect(h.gateway), Now: h.clock.Now, Log: log,
	}
	t.Cleanup(func() {
		// Who is there is learned from pushes: to ask costs a request each time.
		if gets := h.gateway.Counts().Gets; gets > 0 {
			t.Errorf("asked %d times whether a connection is open", gets)
		}
	})
	if change != nil {
		change(&o)
	}
	h.audience = apigw.NewAudience(o)
	h.audience.Patient() // tests of time have a clock of their own
	h.service = chat.NewService(chat.Ports{
		Log: h.store, Rooms: h.store, Members: h.store, Marks: h.store, Accounts: h.store, Search: h.store,
		Subscriptions: h.audience, Audience: h.audience, Limiter: chattest.NewLimiter(h.clock.Now),
	}, h.clock.Now, new(chattest.IDs).New)
	h.service.Rates = chat.Rates{}
	h.socket = &apigw.Socket{Service: h.service, Session: session.New(h.service), Audience: h.audience, Log: log}
	h.stream = &apigw.Stream{
		Audience: h.audience, Decode: h.store.decode, Names: h.store, Log: log,
	}
	return h
}

// store is the memory store with what a table adds: evictions among the rows,
// and a stream of the entries that carry the hint.
type store struct {
	*chattest.Memory
	rows *apigwtest.Rows

	// beforeScan and beforeAppend, if not nil, run once, before the next call.
	beforeScan, beforeAppend func()

	mu       sync.Mutex
	streamed []chat.Entry
}

// Scan implements chat.Log.
func (s *store) Scan(ctx context.Context, d *chat.Draft) (chat.Scanned, error) {
	once(&s.beforeScan)
	return s.Memory.Scan(ctx, d)
}

func once(do *func()) {
	if f := *do; f != nil {
		*do = nil
		f()
	}
}

// Append implements chat.Log.
func (s *store) Append(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
	once(&s.beforeAppend)
	appended, err := s.Memory.Append(ctx, d, scanned)
	if err != nil || appended.Existed {
		return appended, err
	}
	s.rows.Follow(&appended.Entry)
	if d.Hint == apigw.HintStream {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.streamed = append(s.streamed, appended.Entry)
	}
	return appended, nil
}

// records returns what the stream has delivered since the last call.
func (s *store) records() []events.DynamoDBEventRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	var records []events.DynamoDBEventRecord
	for i := range s.streamed {
		records = append(records, recordOf(&s.streamed[i]))
	}
	s.streamed = nil
	return records
}

// recordOf is the entry as a record of the stream, with an image that only these
// tests read.
func recordOf(e *chat.Entry) events.DynamoDBEventRecord {
	fields, err := json.Marshal(e)
	if err != nil {
		panic(err) // an entry holds nothing that JSON lacks
	}
	return events.DynamoDBEventRecord{
		EventName: "INSERT",
		Change: events.DynamoDBStreamRecord{
			SequenceNumber: fmt.Sprintf("%s/%d", e.Room, e.Seq),
			NewImage: map[string]events.DynamoDBAttributeValue{
				"push": events.NewStringAttribute("stream"), "entry": events.NewStringAttribute(string(fields)),
			},
		},
	}
}

func (s *store) decode(image map[string]events.DynamoDBAttributeValue) (chat.Entry, error) {
	var e chat.Entry
	err := json.Unmarshal([]byte(image["entry"].String()), &e)
	return e, err
}

// bring passes records to the stream's function and returns those to be repeated.
func (h *home) bring(t *testing.T, records []events.DynamoDBEventRecord) []string {
	t.Helper()
	payload, err := json.Marshal(events.DynamoDBEvent{Records: records})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := h.stream.Invoke(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	var failures events.DynamoDBEventResponse
	if err := json.Unmarshal(answer, &failures); err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, f := range failures.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed
}

// person is a user with one connection.
type person struct {
	*home
	user chat.UserID
	conn chat.ConnID
	kind apigw.Kind
	room chat.RoomID // of a classic connection
	at   time.Time   // of the connect
}

// join makes a user who connects and listens to the room, which the first user
// creates. They connected some time ago, so that a connection that cannot be reached
// is taken for dead.
func (h *home) join(t *testing.T, room chat.RoomID, user chat.UserID) *person {
	t.Helper()
	p := h.arrive(t, user)
	p.enter(t, room)
	p.send(t, &wire.Join{InRoom: in(room)})
	return p
}

// arrive connects a new user, or one more page of a known one.
func (h *home) arrive(t *testing.T, user chat.UserID) *person {
	t.Helper()
	known, err := h.store.User(t.Context(), user)
	if err == nil && known.Version == 0 {
		_, err = h.store.SaveUser(t.Context(), chat.User{ID: user, Name: "name of " + string(user)})
	}
	if err != nil {
		t.Fatal(err)
	}
	page, err := h.rows.ConnectionsOf(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{
		home: h, user: user, kind: apigw.KindMaru, at: h.clock.Now().Add(-time.Minute),
		conn: chat.ConnID(fmt.Sprintf("%s%d=", user, len(page))),
	}
	p.connect(t)
	return p
}

// connect opens the connection.
func (p *person) connect(t *testing.T) {
	t.Helper()
	if a := p.event(t, "$connect", ""); a.StatusCode != 200 {
		t.Fatalf("%s cannot connect: %+v", p.user, a)
	}
	p.gateway.Open(p.conn)
}

// enter makes the user a member.
func (p *person) enter(t *testing.T, room chat.RoomID) {
	t.Helper()
	_, err := p.service.Create(t.Context(), p.user, chat.Create{
		Write: chat.Write{Room: room, ID: "created"}, Title: "마루", Visibility: chat.Public,
	})
	if chat.CodeOf(err) == chat.CodeConflict {
		_, err = p.service.Join(t.Context(), p.user, chat.Write{Room: room})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// answer is what a function answers API Gateway.
type answer struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
}

// event hands one event to the function.
func (p *person) event(t *testing.T, route, body string) answer {
	t.Helper()
	identity := map[string]any{"kind": string(p.kind), "user": string(p.user)}
	headers := map[string]string{}
	if p.kind == apigw.KindMaru {
		headers["Sec-WebSocket-Protocol"] = "maru.v1, bearer.token"
	} else {
		identity["room"] = string(p.room)
	}
	return p.invoke(t, map[string]any{
		"headers": headers,
		"body":    body,
		"requestContext": map[string]any{
			"routeKey": route, "connectionId": p.conn, "connectedAt": p.at.UnixMilli(),
			"authorizer": identity, "identity": map[string]any{"sourceIp": "203.0.113.7"},
		},
	})
}

func (h *home) invoke(t *testing.T, event any) answer {
	t.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := h.socket.Invoke(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// send sends frames as one message and returns the frames of the response.
func (p *person) send(t *testing.T, frames ...wire.ClientFrame) []wire.ServerFrame {
	t.Helper()
	var message []byte
	for i, f := range frames {
		if i > 0 {
			message = append(message, '\n')
		}
		message = append(message, wire.EncodeClient(f)...)
	}
	a := p.event(t, "$default", string(message))
	if a.StatusCode != 200 {
		t.Fatalf("%s: %+v", message, a)
	}
	return framesOf(t, a.Body)
}

func framesOf(t *testing.T, messages ...string) []wire.ServerFrame {
	t.Helper()
	var frames []wire.ServerFrame
	for _, message := range messages {
		for frame, err := range wire.Frames([]byte(message)) {
			if err != nil {
				t.Fatal(err)
			}
			if refused, isRefusal := frame.(*wire.Error); isRefusal {
				t.Fatalf("refused: %+v", refused)
			}
			frames = append(frames, frame)
		}
	}
	return frames
}

// pushed returns the seqs of the room's entries that reached the connection by
// a push, in order.
func (p *person) pushed(t *testing.T, room chat.RoomID) []chat.Seq {
	t.Helper()
	return entriesOf(framesOf(t, p.gateway.Messages(p.conn)...), room)
}

func entriesOf(frames []wire.ServerFrame, room chat.RoomID) []chat.Seq {
	var seqs []chat.Seq
	for _, f := range frames {
		if e, isEntry := f.(*wire.EntryAppended); isEntry && e.Room == room {
			seqs = append(seqs, e.Entry.Seq)
		}
	}
	return seqs
}

func in(room chat.RoomID) wire.InRoom {
	return wire.InRoom{Request: wire.Request{Ref: "r"}, Room: room}
}

// post is a message with the id, from a user whose cursor is the room's head.
func (h *home) post(t *testing.T, room chat.RoomID, id chat.EntryID) *wire.Send {
	t.Helper()
	heads, err := h.store.Heads(t.Context(), []chat.RoomID{room})
	if err != nil {
		t.Fatal(err)
	}
	return &wire.Send{
		Change: wire.Change{InRoom: in(room), ID: id, Since: wire.Cursor(heads[0].Cursor)}, Text: "안녕 " + string(id),
	}
}
