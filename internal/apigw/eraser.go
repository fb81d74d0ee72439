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

// Eraser has the words of deleted rooms emptied, a slice for each record that
// the table's stream brings of such a room. What a slice changes in the table
// makes the stream bring the next one, until none is left. It is a
// lambda.Handler and safe for concurrent use. All its fields must be set.
//
// Lambda repeats an event that failed in any part, as long as the stream holds
// it: a day. Erase is made for records that come more than once.
type Eraser struct {
	// Decode reads from a record's item which room is to go on after which entry.
	Decode func(image map[string]events.DynamoDBAttributeValue) (room chat.RoomID, after chat.Seq, err error)
	// Erase empties the words of a slice: at most budget entries of the deleted
	// room that follow the one at after. It does nothing when that was done.
	Erase func(ctx context.Context, room chat.RoomID, after chat.Seq, budget int) error
	Log   *slog.Logger
}

// eraseBudget is how many entries are emptied at a time. The stream brings a room
// once a second at most, so that slices of common posts leave half of what a
// partition of the table can write to those who talk.
const eraseBudget = 500

// Invoke has a slice emptied for each record of the event. The error says which
// failed, or that the event is not one of a table's stream.
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
			// To repeat it would bring the same.
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
