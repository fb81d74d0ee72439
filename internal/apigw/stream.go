package apigw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/maru-chat/maru/internal/chat"
)

// Names finds what members are called; chat.Members does. Only what classic
// pages are told carries names.
type Names interface {
	FindMembers(ctx context.Context, room chat.RoomID, users ...chat.UserID) ([]chat.Member, error)
}

// Stream pushes the entries that the table's stream brings: those of rooms with
// more listeners than the sender's own function pushes to. It also has the words
// of deleted rooms emptied. It is a lambda.Handler and safe for concurrent use.
// All its fields must be set.
//
// An event is a run of records. Lambda repeats it, twice as serverless.yml says,
// from the first record that is reported as failed: those of rooms whose
// listeners could not be read, or whose words could not be emptied. A push that
// fails is not repeated: its reader repairs it.
type Stream struct {
	Audience *Audience
	// Decode reads an entry from the item that the stream shows.
	Decode func(image map[string]events.DynamoDBAttributeValue) (chat.Entry, error)
	// Erase empties the words of a deleted room, about budget entries at a time.
	Erase func(ctx context.Context, room chat.RoomID, budget int) (more bool, err error)
	Names Names
	Log   *slog.Logger
}

const (
	// maxAge is how old an entry may be and still be pushed; later, its readers
	// have asked for it.
	maxAge = time.Minute
	// maxRooms is how many rooms are pushed to at once.
	maxRooms = 4
	// eraseBudget is how many entries are emptied at a time.
	eraseBudget = 500
)

// Marks of the records that are pushed, as serverless.yml filters them too.
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
			failures[i] = s.handle(ctx, runs[i])
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
			// To repeat it would bring the same.
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

// handle pushes a room's entries and, if they end the room, empties its words.
func (s *Stream) handle(ctx context.Context, r *run) error {
	isEnd := r.entries[len(r.entries)-1].Kind == chat.KindRoomDeleted
	err := s.push(ctx, r)
	if isEnd {
		err = errors.Join(err, s.erase(ctx, r.room))
	}
	return err
}

// erase empties the words of a deleted room, to the last.
func (s *Stream) erase(ctx context.Context, room chat.RoomID) error {
	for {
		more, err := s.Erase(ctx, room, eraseBudget)
		switch code := chat.CodeOf(err); {
		case code == chat.CodeNotFound || code == chat.CodeConflict:
			return nil // there is no such room, or it was not deleted
		case err != nil || !more:
			return chat.Wrap(err, chat.CodeUnavailable, "empty the words of "+string(room))
		}
	}
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
		s.Audience.deliver(ctx, pushes, maxParallel)
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
