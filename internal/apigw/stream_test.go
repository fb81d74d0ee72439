package apigw_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/chat"
)

// posted are entries of a room from seq on, as old as age.
func (h *home) posted(room chat.RoomID, from chat.Seq, texts ...string) []events.DynamoDBEventRecord {
	var records []events.DynamoDBEventRecord
	for i, text := range texts {
		seq := from + chat.Seq(i)
		records = append(records, recordOf(&chat.Entry{
			Room: room, Seq: seq, At: h.clock.Now(), Author: "author", ID: chat.EntryID(fmt.Sprint(seq)),
			Content: chat.Content{Kind: chat.KindPosted, Text: text},
		}))
	}
	return records
}

// seqs are the entries that a connection was pushed.
func (h *home) seqs(t *testing.T, room chat.RoomID, conn chat.ConnID) []chat.Seq {
	t.Helper()
	return entriesOf(framesOf(t, h.gateway.Messages(conn)...), room)
}

func TestStream_coalescesABurst(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what     string
		text     string
		messages int // to each connection
	}{
		{"fifty short posts in one message", "안녕", 1},
		{"long ones in as few as hold them", strings.Repeat("가", 1000), 5},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, nil)
			conns := h.crowd(t, room, 100)
			failed := h.bring(t, h.posted(room, 2, slices.Repeat([]string{c.text}, 50)...))
			if posts := h.gateway.Counts().Posts; failed != nil || posts != c.messages*len(conns) {
				t.Errorf("%d pushes, want %d; to be repeated %v", posts, c.messages*len(conns), failed)
			}
			var want []chat.Seq
			for seq := chat.Seq(2); seq < 52; seq++ {
				want = append(want, seq)
			}
			if diff := cmp.Diff(want, h.seqs(t, room, conns[0])); diff != "" {
				t.Errorf("pushed (-want +got):\n%s", diff)
			}
			first := h.gateway.Messages(conns[0])
			for _, conn := range conns {
				if !slices.Equal(first, h.gateway.Messages(conn)) {
					t.Fatalf("%s was sent other messages than the first", conn)
				}
			}
		})
	}
}

func TestStream_keepsRoomsApart(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	var records []events.DynamoDBEventRecord
	const rooms, posts = 10, 5
	for i := range rooms {
		id := chat.RoomID(fmt.Sprintf("room%d", i))
		r := h.rowAt(id, chat.UserID(id), chat.ConnID(id))
		h.save(t, r)
		h.gateway.Open(r.Conn)
	}
	for seq := range posts {
		for i := range rooms {
			records = append(records, h.posted(chat.RoomID(fmt.Sprintf("room%d", i)), chat.Seq(seq+1), "안녕")...)
		}
	}
	if failed := h.bring(t, records); failed != nil {
		t.Errorf("to be repeated: %v", failed)
	}
	for i := range rooms {
		id := fmt.Sprintf("room%d", i)
		if diff := cmp.Diff([]chat.Seq{1, 2, 3, 4, 5}, h.seqs(t, chat.RoomID(id), chat.ConnID(id))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

func TestStream_picksItsRecords(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	conns := h.crowd(t, room, 1)
	old := h.posted(room, 1, "old")
	h.clock.Advance(time.Minute + time.Millisecond)
	records := h.posted(room, 2, "modified", "without the mark", "with another mark", "unreadable", "good")
	records[0].EventName = "MODIFY"
	delete(records[1].Change.NewImage, "push")
	records[2].Change.NewImage["push"] = events.NewNumberAttribute("1")
	records[3].Change.NewImage["entry"] = events.NewStringAttribute("{")
	if failed := h.bring(t, append(old, records...)); failed != nil {
		t.Errorf("to be repeated: %v", failed)
	}
	if diff := cmp.Diff([]chat.Seq{6}, h.seqs(t, room, conns[0])); diff != "" {
		t.Errorf("pushed (-want +got):\n%s", diff)
	}
}

func TestStream_Invoke_refusesWhatIsNoEvent(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	if answer, err := h.stream.Invoke(t.Context(), []byte(`[]`)); err == nil {
		t.Errorf("answered %s", answer)
	}
	if answer, err := h.stream.Invoke(t.Context(), []byte(`{}`)); err != nil || string(answer) != `{"batchItemFailures":[]}` {
		t.Errorf("an event without records: %s, %v", answer, err)
	}
}

func TestStream_leavesOutTheRemoved(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	conns := h.crowd(t, room, 3)
	remove := func(user chat.UserID, seq chat.Seq) {
		h.rows.Follow(&chat.Entry{Room: room, Seq: seq, Content: chat.Content{Kind: chat.KindRemoved, User: user}})
	}
	remove("user0001", 3)
	remove("user0002", 1)
	h.bring(t, h.posted(room, 2, "둘", "셋", "넷"))
	for i, want := range [][]chat.Seq{{2, 3, 4}, {2, 3}, nil} {
		if diff := cmp.Diff(want, h.seqs(t, room, conns[i])); diff != "" {
			t.Errorf("user %d (-want +got):\n%s", i, diff)
		}
	}
}

func TestStream_classicRooms(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	koala := h.classic(t)
	h.crowd(t, classicRoom, 30)
	for _, text := range []string{"하나", "둘"} {
		_, _, err := h.service.ClassicSend(t.Context(), chat.Classic{Room: "거실", User: "panda", Name: "판다"}, text)
		if err != nil {
			t.Fatal(err)
		}
	}
	h.gateway.Reset()
	records := h.store.records()
	if failed := h.bring(t, records); failed != nil {
		t.Errorf("to be repeated: %v", failed)
	}
	messages := h.gateway.Messages(koala.conn)
	if len(messages) != 2 || !strings.Contains(messages[0], `"message":"하나","user_id":"panda","name":"판다"}`) ||
		!strings.Contains(messages[1], `"message":"둘"`) {
		t.Errorf("koala was sent %q", messages)
	}
	if got := h.gateway.Messages("crowd0000="); len(got) != 1 || strings.Count(got[0], "\n") != len(records)-1 {
		t.Errorf("a page of maru.v1 was sent %q", got)
	}
}

func TestStream_repeatsWhatIsWorthIt(t *testing.T) {
	t.Parallel()
	t.Run("a room whose listeners could not be read", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, func(o *apigw.AudienceOptions) { o.Listeners = unreadable{o.Listeners, "broken"} })
		conns := h.crowd(t, room, 1)
		records := slices.Concat(h.posted(room, 1, "하나"), h.posted("broken", 7, "일곱", "여덟"), h.posted(room, 2, "둘"))
		if diff := cmp.Diff([]string{"broken/7"}, h.bring(t, records)); diff != "" {
			t.Errorf("to be repeated (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]chat.Seq{1, 2}, h.seqs(t, room, conns[0])); diff != "" {
			t.Errorf("pushed (-want +got):\n%s", diff)
		}
	})
	t.Run("but not a push", func(t *testing.T) {
		t.Parallel()
		d := &dying{isKilled: true}
		h := newHome(t, func(o *apigw.AudienceOptions) { d.Sockets, o.Sockets = o.Sockets, d })
		h.crowd(t, room, 3)
		if failed := h.bring(t, h.posted(room, 1, "하나")); failed != nil {
			t.Errorf("to be repeated: %v", failed)
		}
	})
}

// unreadable cannot read the listeners of one room.
type unreadable struct {
	apigw.ListenerRows
	room chat.RoomID
}

func (u unreadable) Page(ctx context.Context, room chat.RoomID, after chat.ConnID, limit int) (apigw.Page, error) {
	if room == u.room {
		return apigw.Page{}, chat.Wrap(errors.New("no table"), chat.CodeUnavailable, "page")
	}
	return u.ListenerRows.Page(ctx, room, after, limit)
}

// The service's own entries reach a room that grows past what its senders push
// to, each once, whichever way.
func TestStream_takesOverFromTheSender(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	amy := h.join(t, room, "amy")
	h.gateway.Reset()
	var own []chat.Seq
	for i := range 40 {
		r := h.rowAt(room, chat.UserID(fmt.Sprintf("user%d", i)), chat.ConnID(fmt.Sprintf("page%d=", i)))
		h.save(t, r)
		h.gateway.Open(r.Conn)
		own = append(own, entriesOf(amy.send(t, h.post(t, room, chat.EntryID(fmt.Sprint(i)))), room)...)
	}
	h.bring(t, h.store.records())
	own = append(own, amy.pushed(t, room)...)
	var want []chat.Seq
	for seq := chat.Seq(2); seq < 42; seq++ {
		want = append(want, seq)
	}
	if diff := cmp.Diff(want, own); diff != "" {
		t.Errorf("amy's page (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, h.seqs(t, room, "page0=")); diff != "" {
		t.Errorf("the first page (-want +got):\n%s", diff)
	}
}
