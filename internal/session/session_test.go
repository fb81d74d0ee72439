package session_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/wire"
)

func TestHandler_Handle(t *testing.T) {
	t.Parallel()

	t.Run("carries out every frame that makes an entry, and acknowledges it with its place", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		n := w.head(t).Seq
		rest := []string{
			`"action":"send","text":"안녕"`,
			`"action":"edit","post":%d,"text":"안녕하세요"`,
			`"action":"react","post":%d,"emoji":"👍"`,
			`"action":"unreact","post":%d,"emoji":"👍"`,
			`"action":"pin","post":%d`,
			`"action":"unpin","post":%d`,
			`"action":"topic","text":"Lunch"`,
			`"action":"delete","post":%d`,
		}
		var kinds []chat.Kind
		for i, fields := range rest {
			if i != 0 && i != 6 {
				fields = fmt.Sprintf(fields, n+1)
			}
			line := fmt.Sprintf(`{%s,"ref":"x","room":"lobby","id":"e%d","since":%q}`, fields, i, w.head(t))
			ack := answer[*wire.Ack](t, w, w.alice, line)
			head := w.headOf(t, lobby)
			cursor := wire.Cursor(head.Cursor)
			want := &wire.Ack{
				Answer: wire.Answer{Ref: "x"}, Room: lobby, Seq: n + chat.Seq(i) + 1,
				Cursor: &cursor, At: wire.MillisOf(head.At),
			}
			if diff := cmp.Diff(want, ack); diff != "" {
				t.Fatalf("%s (-want +got)\n%s", line, diff)
			}
			kinds = append(kinds, head.Kind)
		}
		want := []chat.Kind{
			chat.KindPosted, chat.KindEdited, chat.KindReactionSet, chat.KindReactionRemoved,
			chat.KindPinned, chat.KindUnpinned, chat.KindTopicSet, chat.KindDeleted,
		}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("answers a resend with the entry that exists", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		line := fmt.Sprintf(`{"action":"send","ref":"1","room":"lobby","id":"e","since":%q,"text":"once"}`, w.head(t))
		first := answer[*wire.Ack](t, w, w.alice, line)
		second := answer[*wire.Ack](t, w, w.alice, line)
		first.Existed = true
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("(-first +second)\n%s", diff)
		}
	})

	t.Run("acknowledges what would change nothing with the entry that made it so", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		n := w.post(t, w.alice, "p", "hello")
		react := func(id string) *wire.Ack {
			return answer[*wire.Ack](t, w, w.bob, fmt.Sprintf(
				`{"action":"react","ref":"1","room":"lobby","id":%q,"since":%q,"post":%d,"emoji":"👍"}`, id, w.head(t), n))
		}
		first, second := react("a"), react("b")
		if second.Seq != first.Seq || !second.Existed || second.Cursor != nil {
			t.Errorf("first %+v, then %+v", first, second)
		}
	})

	t.Run("handles the frames of a message in order, and continues after one that fails", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		since := w.head(t)
		frames := w.say(t, w.alice,
			fmt.Sprintf(`{"action":"send","ref":"1","room":"lobby","id":"a","since":%q,"text":"one"}`, since),
			`{"action":"send","ref":"2"`,
			``,
			fmt.Sprintf(`{"action":"send","ref":"3","room":"lobby","id":"b","since":%q,"text":"two"}`, since),
		)
		got := make([]string, 0, len(frames))
		for _, f := range frames {
			got = append(got, f.Type())
		}
		if diff := cmp.Diff([]string{"ack", "error", "ack"}, got); diff != "" {
			t.Fatal(diff)
		}
		if a, b := frames[0].(*wire.Ack), frames[2].(*wire.Ack); a.Seq+1 != b.Seq {
			t.Errorf("entries %d and %d", a.Seq, b.Seq)
		}
	})

	t.Run("carries out a frame without a ref and acknowledges nothing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		before := w.head(t)
		if frames := w.say(t, w.alice, fmt.Sprintf(`{"action":"send","room":"lobby","id":"a","since":%q,"text":"x"}`, before)); len(frames) != 0 {
			t.Errorf("answered %v", frames)
		}
		if frames := w.say(t, w.alice, `{"action":"hide","hidden":true}`); len(frames) != 0 {
			t.Errorf("answered %v", frames)
		}
		if after := w.head(t); after.Seq != before.Seq+1 {
			t.Errorf("head went from %d to %d", before.Seq, after.Seq)
		}
		if frames := w.say(t, w.alice, `{"action":"mark","room":"nowhere","cursor":"1.00000000"}`); len(frames) != 1 || frames[0].Type() != "error" {
			t.Errorf("a failure without a ref is answered by %v", frames)
		}
	})

	t.Run("refuses a message of more than 32 KB or 128 frames as a whole", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		before := w.head(t)
		send := fmt.Sprintf(`{"action":"send","ref":"1","room":"lobby","id":"a","since":%q,"text":"x"}`, before)
		for name, lines := range map[string][]string{
			"long": {send, string(make([]byte, wire.MaxMessage))},
			"many": append(slicesOf(`{"action":"hide","hidden":false}`, wire.MaxFrames), send),
		} {
			frames := w.say(t, w.alice, lines...)
			if len(frames) != 1 || frames[0].(*wire.Error).Code != chat.CodeTooLarge {
				t.Errorf("%s: answered %v", name, frames)
			}
		}
		if after := w.head(t); after != before {
			t.Errorf("head went from %v to %v", before, after)
		}
	})

	t.Run("tells who is present, by name", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.say(t, w.alice, `{"action":"join","ref":"1","room":"lobby"}`)
		w.say(t, w.bob, `{"action":"join","ref":"1","room":"lobby"}`, `{"action":"hide","hidden":true}`)
		got := answer[*wire.PresenceListed](t, w, w.alice, `{"action":"presence","ref":"2","room":"lobby"}`)
		want := &wire.PresenceListed{
			Answer: wire.Answer{Ref: "2"}, Room: lobby, Total: 2, Users: []wire.PresentUser{
				{Person: wire.Person{User: w.alice.User, Name: "Alice"}},
				{Person: wire.Person{User: w.bob.User, Name: "Bob"}, Hidden: true},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("pushes typing and marks until the connection unsubscribes", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.post(t, w.alice, "p", "hello")
		w.say(t, w.alice, `{"action":"join","ref":"1","room":"lobby"}`)
		answer[*wire.Ack](t, w, w.bob, `{"action":"typing","ref":"1","room":"lobby"}`)
		answer[*wire.Ack](t, w, w.bob, fmt.Sprintf(`{"action":"mark","ref":"2","room":"lobby","cursor":%q}`, w.head(t)))
		answer[*wire.Ack](t, w, w.alice, `{"action":"unsubscribe","ref":"2","room":"lobby"}`)
		answer[*wire.Ack](t, w, w.bob, `{"action":"typing","ref":"3","room":"lobby"}`)
		head := w.headOf(t, lobby)
		typing := chat.TypingStarted{Room: lobby, User: w.bob.User, Name: "Bob"}
		want := []chattest.Delivery{
			{Room: lobby, To: []chat.UserID{w.alice.User}, Event: typing},
			{User: w.bob.User, Event: chat.MarkMoved{Room: lobby, Mark: chat.Mark{Seq: head.Seq, Counts: head.Counts}}},
			{Room: lobby, Event: typing},
		}
		got := w.Audience.Delivered()
		if diff := cmp.Diff(want, got[len(got)-len(want):]); diff != "" {
			t.Error(diff)
		}
	})
}

func slicesOf(line string, n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = line
	}
	return lines
}

func TestHandler_heartbeat(t *testing.T) {
	t.Parallel()

	t.Run("lists only rooms that have more", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.create(t, w.alice, "quiet", chat.Private)
		before := w.head(t)
		w.post(t, w.bob, "p", "hello")
		got := answer[*wire.HeadsListed](t, w, w.alice, fmt.Sprintf(
			`{"action":"heartbeat","ref":"1","cursors":{"lobby":%q,"quiet":%q}}`, before, w.headOf(t, "quiet").Cursor))
		head := w.headOf(t, lobby)
		want := &wire.HeadsListed{Answer: wire.Answer{Ref: "1"}, Heads: []wire.RoomHead{{Room: lobby, Head: wire.HeadOf(&head)}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("resets a cursor that the log does not hold", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		head := w.head(t)
		for _, foreign := range []string{
			fmt.Sprintf("%d.ffffffff", head.Seq),
			fmt.Sprintf("%d.%s", head.Seq+5, head.Tag),
		} {
			frames := w.say(t, w.alice, fmt.Sprintf(`{"action":"heartbeat","ref":"1","cursors":{"lobby":%q}}`, foreign))
			want := []wire.ServerFrame{
				&wire.CursorReset{Room: lobby, Head: wire.Cursor(head)},
				&wire.HeadsListed{Answer: wire.Answer{Ref: "1"}, Heads: []wire.RoomHead{}},
			}
			if diff := cmp.Diff(want, frames); diff != "" {
				t.Errorf("cursor %s\n%s", foreign, diff)
			}
		}
	})
}

func TestHandler_expiry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.alice.ExpiresAt = w.Clock.Now().Add(time.Minute)
	line := `{"action":"hide","ref":"1","hidden":true}`
	answer[*wire.Ack](t, w, w.alice, line)
	w.Clock.Advance(time.Minute)
	if got := answer[*wire.Error](t, w, w.alice, line); got.Code != chat.CodeUnauthenticated {
		t.Errorf("a token that ran out gets %s", got.Code)
	}
}
