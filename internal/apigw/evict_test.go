package apigw_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/apigw/apigwtest"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// trio are the owner of a room and two members, whose joins are forgotten.
func trio(t *testing.T, h *home) (amy, bob, carol *person) {
	t.Helper()
	amy, bob, carol = h.join(t, room, "amy"), h.join(t, room, "bob"), h.join(t, room, "carol")
	h.gateway.Reset()
	return amy, bob, carol
}

func (h *home) remove(t *testing.T, user chat.UserID) chat.Seq {
	t.Helper()
	written, err := h.service.Remove(t.Context(), "amy", chat.Remove{Write: chat.Write{Room: room}, User: user})
	if err != nil {
		t.Fatal(err)
	}
	return written.Seq
}

// gathered tells when the listeners of a room have been read. read has space for one
// token, so that it does not matter who comes first; it is nil until that is asked.
type gathered struct {
	apigw.ListenerRows
	read chan struct{}
}

func (g *gathered) Page(ctx context.Context, room chat.RoomID, after chat.ConnID, limit int) (apigw.Page, error) {
	page, err := g.ListenerRows.Page(ctx, room, after, limit)
	select {
	case g.read <- struct{}{}:
	default:
	}
	return page, err
}

func TestAudience_pushesNothingToTheRemoved(t *testing.T) {
	t.Parallel()
	t.Run("once the removal is done", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		_, bob, carol := trio(t, h)
		h.remove(t, "carol")
		if h.listens(t, room, carol.conn) {
			t.Error("carol's row stays")
		}
		// A row that comes late, or that could not be removed.
		h.save(t, h.rowAt(room, "carol", carol.conn))
		h.gateway.Reset()
		bob.send(t, h.post(t, room, "after"))
		if got := h.gateway.Messages(carol.conn); len(got) != 0 {
			t.Errorf("carol was sent %q", got)
		}
	})
	t.Run("when the removal comes after the listeners were read, before the scan", func(t *testing.T) {
		t.Parallel()
		g := &gathered{}
		h := newHome(t, func(o *apigw.AudienceOptions) { g.ListenerRows, o.Listeners = o.Listeners, g })
		_, bob, carol := trio(t, h)
		after := h.post(t, room, "after")
		var removed chat.Seq
		h.store.beforeScan = func() {
			<-g.read
			removed = h.remove(t, "carol")
		}
		g.read = make(chan struct{}, 1)
		bob.send(t, after)
		wantLast(t, carol, removed)
	})
	t.Run("when the removal comes after the scan", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		_, bob, carol := trio(t, h)
		after := h.post(t, room, "after")
		var removed chat.Seq
		h.store.beforeAppend = func() { removed = h.remove(t, "carol") }
		bob.send(t, after)
		wantLast(t, carol, removed)
	})
	t.Run("nor shows them as present", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		_, _, carol := trio(t, h)
		h.remove(t, "carol")
		h.save(t, h.rowAt(room, "carol", carol.conn))
		present, err := h.audience.Present(t.Context(), room)
		if err != nil || len(present) != 2 {
			t.Errorf("present: %+v, %v", present, err)
		}
	})
}

// wantLast fails when the connection was pushed anything but the entry at last.
func wantLast(t *testing.T, p *person, last chat.Seq) {
	t.Helper()
	for _, seq := range p.pushed(t, room) {
		if seq != last {
			t.Errorf("%s was sent entry %d, after the removal at %d", p.user, seq, last)
		}
	}
}

func TestAudience_pushesToThoseWhoCameBack(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	_, bob, carol := trio(t, h)
	removed := h.remove(t, "carol")
	carol.enter(t, room)
	carol.send(t, &wire.Join{InRoom: in(room)})
	h.gateway.Reset()

	// The same removal, told of once more by one who was late.
	h.audience.Evict(t.Context(), room, "carol", removed)
	if !h.listens(t, room, carol.conn) {
		t.Error("carol was evicted again")
	}
	bob.send(t, h.post(t, room, "welcome"))
	if diff := cmp.Diff([]chat.Seq{6}, carol.pushed(t, room)); diff != "" {
		t.Errorf("carol was pushed (-want +got):\n%s", diff)
	}
}

func TestAudience_pushesToThoseWhoComeBackMeanwhile(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	_, bob, carol := trio(t, h)
	h.remove(t, "carol")
	h.save(t, h.rowAt(room, "carol", carol.conn))
	post := h.post(t, room, "welcome")
	h.store.beforeAppend = func() { carol.enter(t, room) }
	h.gateway.Reset()
	bob.send(t, post)
	if diff := cmp.Diff([]chat.Seq{5, 6}, carol.pushed(t, room)); diff != "" {
		t.Errorf("carol was pushed (-want +got):\n%s", diff)
	}
}

func TestAudience_resend(t *testing.T) {
	t.Parallel()
	t.Run("pushes the entry that it finds to a few", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		amy, _, carol := trio(t, h)
		post := h.post(t, room, "once")
		amy.send(t, post)
		answers := amy.send(t, post)
		if diff := cmp.Diff([]chat.Seq{4, 4}, carol.pushed(t, room)); diff != "" {
			t.Errorf("carol was pushed (-want +got):\n%s", diff)
		}
		if ack, isAck := answers[len(answers)-1].(*wire.Ack); !isAck || ack.Seq != 4 || !ack.Existed {
			t.Errorf("answered %+v", answers[len(answers)-1])
		}
	})
	t.Run("leaves a crowd to the stream", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		amy, _, _ := trio(t, h)
		h.crowd(t, room, 30)
		post := h.post(t, room, "once")
		amy.send(t, post)
		amy.send(t, post)
		if posts, streamed := h.gateway.Counts().Posts, len(h.store.records()); posts != 0 || streamed != 1 {
			t.Errorf("%d pushes and %d entries in the stream, want none and one", posts, streamed)
		}
	})
}

// dying is a function that is killed: from then on nothing is sent.
type dying struct {
	apigw.Sockets
	isKilled bool
}

func (d *dying) Post(ctx context.Context, conn chat.ConnID, message []byte) error {
	if d.isKilled {
		return errors.New("killed")
	}
	return d.Sockets.Post(ctx, conn, message)
}

func TestAudience_killedBetweenWriteAndPush(t *testing.T) {
	t.Parallel()
	t.Run("a few repair it with their heartbeat", func(t *testing.T) {
		t.Parallel()
		d := &dying{}
		h := newHome(t, func(o *apigw.AudienceOptions) { d.Sockets, o.Sockets = o.Sockets, d })
		amy, bob, _ := trio(t, h)
		seen := h.post(t, room, "lost").Since
		d.isKilled = true
		amy.send(t, h.post(t, room, "lost"))
		d.isKilled = false
		if got := bob.pushed(t, room); len(got) != 0 {
			t.Fatalf("bob was pushed %v", got)
		}
		behind := bob.send(t, &wire.Heartbeat{Cursors: map[chat.RoomID]wire.Cursor{room: seen}})
		if heads := behind[0].(*wire.HeadsListed).Heads; len(heads) != 1 || heads[0].Room != room {
			t.Fatalf("the heartbeat says %+v", heads)
		}
		repaired := bob.send(t, &wire.Entries{InRoom: in(room), Cursor: seen})
		if entries := repaired[0].(*wire.EntriesListed).Entries; len(entries) != 1 || entries[0].ID != "lost" {
			t.Errorf("repaired with %+v", entries)
		}
	})
	t.Run("a crowd hears of it by the stream", func(t *testing.T) {
		t.Parallel()
		d := &dying{}
		h := newHome(t, func(o *apigw.AudienceOptions) { d.Sockets, o.Sockets = o.Sockets, d })
		amy, bob, _ := trio(t, h)
		h.crowd(t, room, 30)
		d.isKilled = true
		amy.send(t, h.post(t, room, "kept"))
		d.isKilled = false
		h.bring(t, h.store.records())
		if diff := cmp.Diff([]chat.Seq{4}, bob.pushed(t, room)); diff != "" {
			t.Errorf("bob was pushed (-want +got):\n%s", diff)
		}
	})
}

func TestAudience_rowsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	trio(t, h)
	h.rows.Fail(errors.New("no table"))
	_, err := h.audience.Gather(t.Context(), room)
	if chat.CodeOf(err) != chat.CodeUnavailable {
		t.Errorf("Gather: %v, want unavailable", err)
	}
	h.audience.Tell(t.Context(), "amy", chat.RoomGained{Room: room})
	h.audience.Evict(t.Context(), room, "amy", 1)
	if posts := h.gateway.Counts(); posts != (apigwtest.Counts{}) {
		t.Errorf("%+v", posts)
	}
}
