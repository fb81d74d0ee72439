package apigw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/maru-chat/maru/internal/chat"
)

// Eraser empties the words of deleted rooms, a slice for each record that the
// table's stream delivers about such a room. A slice changes the room's item, and so
// the stream delivers the record for the next slice, until no words are left. It is
// a lambda.Handler and safe for concurrent use. All its fields must be set.
//
// Lambda repeats an event of which any record failed for as long as the stream
// keeps it: a day. Erase must accept records that are delivered more than once.
type Eraser struct {
	// Decode reads from a record's item the room, and the entry after which its next
	// slice begins.
	Decode func(image map[string]events.DynamoDBAttributeValue) (room chat.RoomID, after chat.Seq, err error)
	// Erase empties the words of a slice: at most budget entries of the deleted
	// room that follow after. It does nothing if that slice was done before.
	Erase func(ctx context.Context, room chat.RoomID, after chat.Seq, budget int) error
	Log   *slog.Logger
}

// eraseBudget is how many entries a slice has. The stream delivers a room at most
// once a second, so that slices of posts of common length leave half of the writes
// of a table's partition to the rooms in use.
const eraseBudget = 500

// Invoke empties a slice for each record of the event. The error says which failed,
// or that the event is not one of a table's stream.
func (e *Eraser) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, cancel := beforeDeadline(ctx)
	defer cancel()
	var event events.DynamoDBEvent
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, fmt.Errorf("read an event of the stream: %w", err)
	}
	var failures error
	for i := range event.Records {
		room, after, err := e.Decode(event.Records[i].Change.NewImage)
		if err != nil {
			// Repeating it would not help.
			e.Log.ErrorContext(ctx, "a record of the stream is not of a deleted room", "event", event.Records[i].EventID, "err", err)
			continue
		}
		failures = errors.Join(failures, e.Erase(ctx, room, after, eraseBudget))
	}
	if failures != nil {
		return nil, failures
	}
	return []byte("{}"), nil
}
