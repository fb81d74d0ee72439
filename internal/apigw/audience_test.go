package apigw_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/apigw/apigwtest"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

const room chat.RoomID = "room"

// crowd lets n connections of as many users listen to the room. They are rows
// and sockets only.
func (h *home) crowd(t *testing.T, room chat.RoomID, n int) []chat.ConnID {
	t.Helper()
	var conns []chat.ConnID
	for i := range n {
		r := h.rowAt(room, chat.UserID(fmt.Sprintf("user%04d", i)), chat.ConnID(fmt.Sprintf("crowd%04d=", i)))
		h.save(t, r)
		conns = append(conns, r.Conn)
	}
	h.gateway.Open(conns...)
	return conns
}

func (h *home) rowAt(room chat.RoomID, user chat.UserID, conn chat.ConnID) apigw.Row {
	at := h.clock.Now().Add(-apigw.RowLife / 2)
	return apigw.Row{
		Room: room, User: user, Conn: conn, Kind: apigw.KindMaru, ConnectedAt: at, ExpiresAt: at.Add(apigw.RowLife),
	}
}

func (h *home) save(t *testing.T, r apigw.Row) {
	t.Helper()
	err := h.rows.SaveListener(t.Context(), r)
	r.Room = ""
	if err = errors.Join(err, h.rows.SaveConnection(t.Context(), r)); err != nil {
		t.Fatal(err)
	}
}

// listens reports whether the connection is in the room's audience.
func (h *home) listens(t *testing.T, room chat.RoomID, conn chat.ConnID) bool {
	t.Helper()
	page, err := h.rows.Page(t.Context(), room, "", 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(page.Listeners, func(r apigw.Row) bool { return r.Conn == conn })
}

func (h *home) connections(t *testing.T, user chat.UserID) int {
	t.Helper()
	rows, err := h.rows.ConnectionsOf(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	return len(rows)
}

func TestAudience_reachesEverybodyOnce(t *testing.T) {
	t.Parallel()
	for _, listeners := range []int{1, 2, 10, 30, 31, 100, 1000, 1001} {
		t.Run(fmt.Sprint(listeners), func(t *testing.T) {
			t.Parallel()
			h := newHome(t, nil)
			sender := h.join(t, room, "amy")
			others := h.crowd(t, room, listeners-1)
			h.gateway.Reset()
			answers := sender.send(t, h.post(t, room, "first"))
			posts, streamed := h.gateway.Counts().Posts, h.store.records()

			wantPosts, wantStreamed := listeners-1, 0
			if listeners > apigw.MaxDirect {
				wantPosts, wantStreamed = 0, 1
			}
			if posts != wantPosts || len(streamed) != wantStreamed {
				t.Errorf("%d pushes and %d entries in the stream, want %d and %d", posts, len(streamed), wantPosts, wantStreamed)
			}
			if failed := h.bring(t, streamed); failed != nil {
				t.Errorf("to be repeated: %v", failed)
			}
			for _, conn := range others {
				if got := h.gateway.Messages(conn); len(got) != 1 || !strings.Contains(got[0], "안녕 first") {
					t.Fatalf("%s was sent %q", conn, got)
				}
			}
			own := append(sender.pushed(t, room), entriesOf(answers, room)...)
			if diff := cmp.Diff([]chat.Seq{2}, own); diff != "" {
				t.Errorf("the sender's own page (-want +got):\n%s", diff)
			}
		})
	}
}

// What is pushed to the sender's own connection is in the response, before the
// acknowledgement: one message less to pay for.
func TestAudience_answersTheSenderInOneMessage(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	amy := h.join(t, room, "amy")
	second := h.arrive(t, "amy")
	second.send(t, &wire.Join{InRoom: in(room)})
	h.gateway.Reset()
	answers := amy.send(t, h.post(t, room, "first"))
	var kinds []string
	for _, f := range answers {
		kinds = append(kinds, f.Type())
	}
	if diff := cmp.Diff([]string{"entry.appended", "ack"}, kinds); diff != "" {
		t.Errorf("the response (-want +got):\n%s", diff)
	}
	if got := h.gateway.Messages(amy.conn); len(got) != 0 {
		t.Errorf("pushed too: %q", got)
	}
	if diff := cmp.Diff([]chat.Seq{2}, second.pushed(t, room)); diff != "" {
		t.Errorf("the other page (-want +got):\n%s", diff)
	}
}

func TestAudience_removesWhoeverIsGone(t *testing.T) {
	t.Parallel()
	for what, fault := range map[string]apigwtest.Fault{
		"as AWS says": apigwtest.Gone, "as emulators say": apigwtest.PlainGone,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, nil)
			amy, bob := h.join(t, room, "amy"), h.join(t, room, "bob")
			h.join(t, "other", "bob") // another page of bob's, which stays
			bob.enter(t, "other")
			bob.send(t, &wire.Join{InRoom: in("other")})
			h.gateway.Fail(bob.conn, fault)
			amy.send(t, h.post(t, room, "first"))
			if h.listens(t, room, bob.conn) || h.listens(t, "other", bob.conn) || h.connections(t, "bob") != 1 {
				t.Error("rows of the connection stay")
			}
			before := h.gateway.Counts().Posts
			amy.send(t, h.post(t, room, "second"))
			if after := h.gateway.Counts().Posts; after != before {
				t.Errorf("it was pushed to %d times more", after-before)
			}
		})
	}
}

// A push to a connection from inside its own $connect meets 410 too.
func TestAudience_keepsWhoeverIsAboutToOpen(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	amy := h.join(t, room, "amy")
	young := h.rowAt(room, "bob", "young=")
	young.ConnectedAt = h.clock.Now()
	h.save(t, young)
	amy.send(t, h.post(t, room, "first"))
	if !h.listens(t, room, "young=") || h.connections(t, "bob") != 1 {
		t.Error("its rows were removed before it could open")
	}
	h.gateway.Open("young=")
	amy.send(t, h.post(t, room, "second"))
	if got := h.gateway.Messages("young="); len(got) != 1 {
		t.Errorf("once open it was sent %q", got)
	}
}

func TestAudience_leavesOutRowsThatExpired(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	amy := h.join(t, room, "amy")
	old := h.rowAt(room, "bob", "old=")
	old.ExpiresAt = h.clock.Now()
	h.save(t, old)
	h.gateway.Open("old=")
	amy.send(t, h.post(t, room, "first"))
	if got := h.gateway.Messages("old="); len(got) != 0 {
		t.Errorf("it was sent %q", got)
	}
	present, err := h.audience.Present(t.Context(), room)
	if err != nil || len(present) != 1 || present[0].User != "amy" {
		t.Errorf("present: %+v, %v", present, err)
	}
}

func TestAudience_Tell(t *testing.T) {
	t.Parallel()
	t.Run("reaches a user's other pages", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		amy, bob := h.join(t, room, "amy"), h.join(t, room, "bob")
		second := h.arrive(t, "amy")
		amy.send(t, h.post(t, room, "first"))
		head := wire.Cursor{}
		for _, f := range bob.send(t, &wire.Heartbeat{Cursors: map[chat.RoomID]wire.Cursor{room: {}}}) {
			if heads, isHeads := f.(*wire.HeadsListed); isHeads {
				head = heads.Heads[0].Head.Cursor
			}
		}
		bobs := h.arrive(t, "bob")
		h.gateway.Reset()
		bob.send(t, &wire.Mark{InRoom: in(room), Cursor: head})
		if lines := h.gateway.Lines(bobs.conn); len(lines) != 1 || !strings.Contains(lines[0], `"mark.moved"`) {
			t.Errorf("bob's other page was sent %q", lines)
		}
		if lines := h.gateway.Lines(second.conn); len(lines) != 0 {
			t.Errorf("amy's page was sent %q", lines)
		}
	})
	t.Run("says goodbye to the banned and hangs up", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		h.join(t, room, "amy")
		bob := h.join(t, room, "bob")
		second := h.arrive(t, "bob")
		second.send(t, &wire.Join{InRoom: in(room)})
		h.audience.Tell(t.Context(), "bob", chat.SignedOut{Reason: "banned"})
		if h.gateway.IsOpen(bob.conn) || h.gateway.IsOpen(second.conn) || h.connections(t, "bob") != 0 {
			t.Error("a connection of bob's is still open, or its rows are there")
		}
		if h.listens(t, room, bob.conn) || h.listens(t, room, second.conn) {
			t.Error("bob still listens")
		}
		if h.connections(t, "amy") != 1 {
			t.Error("amy is gone too")
		}
	})
}

func TestAudience_Publish_typing(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	amy, bob := h.join(t, room, "amy"), h.join(t, room, "bob")
	amys := h.arrive(t, "amy")
	amys.send(t, &wire.Join{InRoom: in(room)})
	h.gateway.Reset()
	amy.send(t, &wire.Typing{InRoom: in(room)})
	if lines := h.gateway.Lines(bob.conn); len(lines) != 1 || !strings.Contains(lines[0], "typing") {
		t.Errorf("bob was sent %q", lines)
	}
	if lines := append(h.gateway.Lines(amy.conn), h.gateway.Lines(amys.conn)...); len(lines) != 0 {
		t.Errorf("amy was sent %q", lines)
	}
	h.crowd(t, room, 40)
	h.gateway.Reset()
	amy.send(t, &wire.Typing{InRoom: in(room)})
	if posts := h.gateway.Counts().Posts; posts != 0 {
		t.Errorf("%d signs of typing were pushed to a crowd", posts)
	}
}

func TestAudience_Present(t *testing.T) {
	t.Parallel()
	t.Run("lists each user once, hidden when all pages are", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		amy, bob := h.join(t, room, "amy"), h.join(t, room, "bob")
		second := h.arrive(t, "amy")
		second.send(t, &wire.Join{InRoom: in(room)})
		hidden := func() map[chat.UserID]bool {
			present, err := h.audience.Present(t.Context(), room)
			if err != nil || len(present) != 2 {
				t.Fatalf("present: %+v, %v", present, err)
			}
			is := map[chat.UserID]bool{}
			for _, p := range present {
				is[p.User] = p.IsHidden
				if !p.Since.Equal(amy.at) {
					t.Errorf("%s is there since %v, want %v", p.User, p.Since, amy.at)
				}
			}
			return is
		}
		hide := func(p *person, isHidden bool) { p.send(t, &wire.Hide{Hidden: isHidden}) }
		hide(amy, true)
		hide(bob, true)
		if got := hidden(); got["amy"] || !got["bob"] {
			t.Errorf("hidden: %v, want bob", got)
		}
		hide(second, true)
		hide(bob, false)
		if got := hidden(); !got["amy"] || got["bob"] {
			t.Errorf("hidden: %v, want amy", got)
		}
	})
	t.Run("stops at 1,000 users, over pages", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		h.crowd(t, room, 1001)
		present, err := h.audience.Present(t.Context(), room)
		if err != nil || len(present) != 1000 {
			t.Errorf("%d present, %v", len(present), err)
		}
	})
	t.Run("fails when the rows cannot be read", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		h.rows.Fail(errors.New("no table"))
		if _, err := h.audience.Present(t.Context(), room); chat.CodeOf(err) != chat.CodeUnavailable {
			t.Errorf("%v, want unavailable", err)
		}
	})
}

func TestAudience_subscribesOnlyTheConnectionItself(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	amy := h.join(t, room, "amy")
	err := h.audience.Subscribe(t.Context(), amy.conn, "amy", "other")
	if chat.CodeOf(err) != chat.CodeInternal || h.listens(t, "other", amy.conn) {
		t.Errorf("%v, want internal and no listener", err)
	}
	if err := h.audience.Disconnect(t.Context(), amy.conn); chat.CodeOf(err) != chat.CodeInternal {
		t.Errorf("%v, want internal", err)
	}
}
