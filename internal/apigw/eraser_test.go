package apigw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

// streamStory is one file of testdata/stream: a record of the table's stream as
// Lambda gives it, and which function it is for. The template's filters and the
// decoders of the table are held to the same files.
type streamStory struct {
	About   string          `json:"about"`
	Record  json.RawMessage `json:"record"`
	TakenBy string          `json:"taken_by"`
	Slice   *slice          `json:"slice"` // of a record for the eraser
}

// slice is what the eraser is to do.
type slice struct {
	Room  chat.RoomID `json:"room"`
	After chat.Seq    `json:"after"`
}

// erasing is a store that notes what it is to empty.
type erasing struct {
	slices []slice
	err    error
}

func (e *erasing) erase(_ context.Context, room chat.RoomID, after chat.Seq, budget int) error {
	if budget != 500 {
		return fmt.Errorf("a slice of %d", budget)
	}
	e.slices = append(e.slices, slice{room, after})
	return e.err
}

// decodeErasure stands for the table's own, which cmd/lambda's tests hold to the
// same records.
func decodeErasure(image map[string]events.DynamoDBAttributeValue) (chat.RoomID, chat.Seq, error) {
	if _, isMarked := image["erase"]; !isMarked {
		return "", 0, errors.New("not of a deleted room")
	}
	var after int64
	if erased, isBegun := image["erased"]; isBegun {
		var err error
		if after, err = erased.Integer(); err != nil {
			return "", 0, err
		}
	}
	return chat.RoomID(image["room"].String()), chat.Seq(after), nil
}

func (e *erasing) bring(t *testing.T, records ...json.RawMessage) error {
	t.Helper()
	payload, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	eraser := &Eraser{Decode: decodeErasure, Erase: e.erase, Log: slog.New(slog.DiscardHandler)}
	answer, err := eraser.Invoke(t.Context(), payload)
	if err == nil && !json.Valid(answer) {
		t.Errorf("answered %q", answer)
	}
	return err
}

func TestEraser_does_one_slice_for_a_record(t *testing.T) {
	t.Parallel()
	for name, story := range readStories[streamStory](t, "stream") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var e erasing
			if err := e.bring(t, story.Record); err != nil {
				t.Fatal(err)
			}
			var want []slice
			if story.TakenBy == "erase" {
				want = []slice{*story.Slice}
			}
			if diff := cmp.Diff(want, e.slices); diff != "" {
				t.Errorf("%s (-want +got):\n%s", story.About, diff)
			}
		})
	}
}

func TestEraser_fails_for_records_to_be_repeated(t *testing.T) {
	t.Parallel()
	stories := readStories[streamStory](t, "stream")
	e := erasing{err: chat.Errorf(chat.CodeUnavailable, "no table")}
	err := e.bring(t, stories["post-to-many"].Record, stories["room-deleted"].Record, stories["room-half-emptied"].Record)
	if chat.CodeOf(err) != chat.CodeUnavailable || len(e.slices) != 2 {
		t.Errorf("%v after %d slices, want unavailable after both", err, len(e.slices))
	}
	if answer, err := (&Eraser{}).Invoke(t.Context(), []byte(`[]`)); err == nil {
		t.Errorf("what is no event was answered %s", answer)
	}
}
