package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/dynamostore"
)

// TestStream_isReadAsItIsFiltered checks that the decoders read exactly the records
// that the template's filters let through.
func TestStream_isReadAsItIsFiltered(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../internal/apigw/testdata/stream/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var story struct {
				Record  events.DynamoDBEventRecord
				TakenBy string `json:"taken_by"`
				Slice   struct {
					Room  chat.RoomID
					After chat.Seq
				}
			}
			if err := json.Unmarshal(raw, &story); err != nil {
				t.Fatal(err)
			}
			image := story.Record.Change.NewImage
			room, after, err := dynamostore.DecodeErasure(image)
			if room != story.Slice.Room || after != story.Slice.After || (err == nil) != (story.TakenBy == "erase") {
				t.Errorf("to empty: %q after %d, %v; want %+v", room, after, err, story.Slice)
			}
			if e, err := dynamostore.DecodeImage(image); story.TakenBy == "push" && (err != nil || e.Room != "tearoom" || e.Seq != 12) {
				t.Errorf("to push: %+v, %v", e, err)
			}
		})
	}
}
