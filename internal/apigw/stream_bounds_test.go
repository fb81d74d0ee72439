package apigw_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/apigw/apigwtest"
	"github.com/maru-chat/maru/internal/chat"
)

// The Management API's requests a second are bounded for the whole account: large
// rooms must not use them up at once. The times are those of a synctest bubble.
func TestStream_pushesToSoManyAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what             string
		rooms, listeners int
		most             int
	}{
		{"fifty of a large room", 1, 120, 50},
		{"fifty each of four rooms", 6, 60, 200},
		{"one each of four small rooms", 6, 1, 4},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &sockets{post: func(context.Context, chat.ConnID) error { time.Sleep(100 * time.Millisecond); return nil }}
				rows, stream := streamTo(s)
				var records []events.DynamoDBEventRecord
				for i := range c.rooms {
					id := chat.RoomID(fmt.Sprintf("room%d", i))
					listen(t, rows, id, i*c.listeners, c.listeners)
					records = append(records, recordOf(&chat.Entry{Room: id, Seq: 2, At: time.Now(), Content: chat.Content{Kind: chat.KindPosted}}))
				}
				invokeWith(t, stream, records...)
				if s.most != c.most || len(s.sent) != c.rooms*c.listeners {
					t.Errorf("%d reached, at most %d at once; want %d, %d at once", len(s.sent), s.most, c.rooms*c.listeners, c.most)
				}
			})
		})
	}
}

// streamTo is a stream's function on rows of its own, by the real clock.
func streamTo(s *sockets) (*apigwtest.Rows, *apigw.Stream) {
	rows, log := &apigwtest.Rows{}, slog.New(slog.DiscardHandler)
	return rows, &apigw.Stream{
		Audience: apigw.NewAudience(apigw.AudienceOptions{
			Connections: rows, Listeners: rows, Sockets: s, Now: time.Now, Log: log,
		}),
		Decode: new(store).decode, Log: log,
	}
}

// listen has n connections, from connAt(first) on, listen to the room.
func listen(t *testing.T, rows *apigwtest.Rows, room chat.RoomID, first, n int) {
	t.Helper()
	now := time.Now()
	for i := range n {
		err := rows.SaveListener(t.Context(), apigw.Row{
			Room: room, User: "amy", Conn: connAt(first + i), Kind: apigw.KindMaru,
			ConnectedAt: now.Add(-time.Minute), ExpiresAt: now.Add(time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// invokeWith hands the function records of which none is to be repeated.
func invokeWith(t *testing.T, stream *apigw.Stream, records ...events.DynamoDBEventRecord) {
	t.Helper()
	payload, err := json.Marshal(events.DynamoDBEvent{Records: records})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := stream.Invoke(invocation(t, 30*time.Second), payload)
	if err != nil || string(answer) != `{"batchItemFailures":[]}` {
		t.Errorf("answered %s, %v; want nothing to be repeated", answer, err)
	}
}

// Records that would be pushed too late are dropped, so a connection that cannot be
// reached must not hold up what follows in the shard. The times are those of a
// synctest bubble.
func TestStream_leavesTheThrottledBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const listeners = 1001 // more than a page
		s := &sockets{post: func(_ context.Context, conn chat.ConnID) error {
			if conn == connAt(7) {
				return apigw.ErrThrottled
			}
			return nil
		}}
		rows, stream := streamTo(s)
		listen(t, rows, room, 0, listeners)
		began := time.Now()
		invokeWith(t, stream, recordOf(&chat.Entry{Room: room, Seq: 2, At: began, Content: chat.Content{Kind: chat.KindPosted}}))
		if took := time.Since(began); took != 5*time.Second || len(s.sent) != listeners-1 {
			t.Errorf("%d reached after %v, want all but one after 5s", len(s.sent), took)
		}
	})
}
