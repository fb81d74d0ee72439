package apigw

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/maru-chat/maru/internal/chat"
)

// Names finds the names of members; chat.Members satisfies it. Only messages to
// classic pages carry names.
type Names interface {
	FindMembers(ctx context.Context, room chat.RoomID, users ...chat.UserID) ([]chat.Member, error)
}

// Stream pushes the entries that the table's stream delivers: those of rooms with
// more listeners than the sender's own function pushes to. It is a
// lambda.Handler and safe for concurrent use. All its fields must be set.
//
// An event is a run of records. A record is reported as failed if the listeners of
// its room could not be read. From the first such record on Lambda repeats the
// event, at most twice (serverless.yml sets that). A push that fails is not
// repeated: its reader asks for what is missing.
type Stream struct {
	Audience *Audience
	// Decode reads an entry from the item that the stream shows.
	Decode func(image map[string]events.DynamoDBAttributeValue) (chat.Entry, error)
	Names  Names
	Log    *slog.Logger
}

const (
	// maxAge is how old an entry may be to be pushed; the readers of an older one
	// have asked for it.
	maxAge = time.Minute
	// maxRooms is how many rooms are pushed to at once.
	maxRooms = 4
)

// Properties of the records that are pushed; serverless.yml filters by the same.
const (
	eventInsert = "INSERT"
	attrPush    = "push"
)

// Invoke pushes the entries of one event. The error says that the event is not
// one of a table's stream.
func (s *Stream) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, cancel := beforeDeadline(ctx)
	defer cancel()
	var event events.DynamoDBEvent
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, fmt.Errorf("read an event of the stream: %w", err)
	}
	answer := events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{}}
	for _, failed := range s.serve(ctx, event.Records) {
		answer.BatchItemFailures = append(answer.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: failed})
	}
	return json.Marshal(answer)
}

// serve returns the sequence numbers of the records to be repeated.
func (s *Stream) serve(ctx context.Context, records []events.DynamoDBEventRecord) (failed []string) {
	runs := s.group(ctx, records)
	failures := make([]error, len(runs))
	free := make(chan struct{}, maxRooms)
	var handling sync.WaitGroup
	for i := range runs {
		free <- struct{}{}
		handling.Go(func() {
			failures[i] = s.push(ctx, runs[i])
			<-free
		})
	}
	handling.Wait()
	for i, err := range failures {
		if err != nil {
			s.Log.ErrorContext(ctx, "a room's entries are to be repeated", "room", runs[i].room, "err", err)
			failed = append(failed, runs[i].sequence)
		}
	}
	return failed
}

// group sorts the entries by room, each room's in the order of the stream.
func (s *Stream) group(ctx context.Context, records []events.DynamoDBEventRecord) []*run {
	var runs []*run
	byRoom := map[chat.RoomID]*run{}
	for i := range records {
		image := records[i].Change.NewImage
		hint := image[attrPush]
		if records[i].EventName != eventInsert || hint.DataType() != events.DataTypeString || hint.String() != HintStream {
			continue
		}
		e, err := s.Decode(image)
		if err != nil {
			// Repeating it would not help.
			s.Log.ErrorContext(ctx, "an entry of the stream cannot be read", "event", records[i].EventID, "err", err)
			continue
		}
		r := byRoom[e.Room]
		if r == nil {
			r = &run{room: e.Room, sequence: records[i].Change.SequenceNumber}
			byRoom[e.Room] = r
			runs = append(runs, r)
		}
		r.entries = append(r.entries, e)
	}
	return runs
}

// push sends the entries to the room's listeners, page by page.
func (s *Stream) push(ctx context.Context, r *run) error {
	r.dropOlder(s.Audience.now().Add(-maxAge))
	if len(r.entries) == 0 {
		return nil
	}
	words := r.encode(s.names(ctx, r))
	return s.Audience.eachPage(ctx, r.room, func(listeners []Row, evicted map[chat.UserID]chat.Seq) (isEnough bool) {
		var pushes []push
		for i := range listeners {
			messages := words.messagesFor(listeners[i].Kind, evicted[listeners[i].User])
			if len(messages) > 0 {
				pushes = append(pushes, push{to: listeners[i], messages: messages})
			}
		}
		s.Audience.deliverPage(ctx, pushes)
		return ctx.Err() != nil
	})
}

// names finds the names of the authors in a classic room; without them, users
// go by their ids.
func (s *Stream) names(ctx context.Context, r *run) map[chat.UserID]string {
	if !r.room.IsClassic() {
		return nil
	}
	members, err := s.Names.FindMembers(ctx, r.room, r.authors()...)
	if err != nil {
		s.Log.WarnContext(ctx, "entries are pushed without names", "room", r.room, "err", err)
		return nil
	}
	names := make(map[chat.UserID]string, len(members))
	for i := range members {
		names[members[i].User] = members[i].Name
	}
	return names
}
