package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/httpapi"
	"github.com/maru-chat/maru/internal/wire"
)

const room chat.RoomID = "maru"

// entry is the seq-th entry of a log of posts.
func entry(seq chat.Seq, id chat.EntryID) wire.Entry {
	e := chat.Entry{
		Room: room, Seq: seq, At: time.UnixMilli(1_700_000_000_000 + int64(seq)), Author: "hana", ID: id,
		Counts: chat.Counts{Posts: int64(seq)}, Content: chat.Content{Kind: chat.KindPosted, Text: string(id)},
	}
	return wire.EntryOf(&e)
}

// fakeHome is a home whose socket is played by the test.
func fakeHome(t *testing.T, play func(*player)) *client.Account {
	t.Helper()
	mux := http.NewServeMux()
	home := httptest.NewServer(mux)
	t.Cleanup(home.Close)
	answer := func(v any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(v) }
	}
	mux.Handle("GET /config.json", answer(httpapi.Config{Socket: "ws" + strings.TrimPrefix(home.URL, "http") + "/socket"}))
	mux.Handle("POST /session", answer(httpapi.Session{Token: "t", User: httpapi.User{ID: "hana"}}))
	mux.Handle("POST /rooms/{room}/leave", answer(wire.Ack{Room: room, Seq: 2}))
	mux.Handle("POST /rooms/{room}/join", answer(wire.Ack{Room: room, Seq: 3}))
	mux.HandleFunc("/socket", func(w http.ResponseWriter, r *http.Request) {
		upgrader := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == wire.Subprotocol }}
		conn, _, _, err := upgrader.Upgrade(r, w)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		play(&player{
			read:  func() ([]byte, error) { return wsutil.ReadClientText(conn) },
			write: func(line []byte) error { return wsutil.WriteServerText(conn, line) },
			t:     t,
		})
	})
	account, err := client.SignIn(t.Context(), home.URL, "Hana")
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// player is the home's end of one connection.
type player struct {
	read  func() ([]byte, error)
	write func([]byte) error
	t     *testing.T
}

// expect reads one frame of the type; nil if the connection has ended.
func expect[F wire.ClientFrame](p *player) (frame F) {
	line, err := p.read()
	if err != nil {
		return frame
	}
	decoded, _, err := wire.DecodeClient(line)
	frame, is := decoded.(F)
	if err != nil || !is {
		p.t.Errorf("the client sent %s (%v), want %T", line, err, frame)
	}
	return frame
}

func (p *player) send(f wire.ServerFrame) {
	if err := p.write(wire.Encode(f)); err != nil {
		p.t.Error(err)
	}
}

func (p *player) list(ref string, cursor wire.Cursor, entries ...wire.Entry) {
	p.send(&wire.EntriesListed{
		Answer: wire.Answer{Ref: ref}, Room: room, Entries: entries, Cursor: cursor, Names: map[chat.UserID]string{},
	})
}

func TestClient_repairsAHole(t *testing.T) {
	t.Parallel()
	one, two, three, four := entry(1, "one"), entry(2, "two"), entry(3, "three"), entry(4, "four")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	repaired := make(chan struct{})
	account := fakeHome(t, func(p *player) {
		p.list(expect[*wire.Join](p).Ref, two.Cursor, one, two)
		p.send(&wire.EntryAppended{Room: room, Entry: four})
		p.send(&wire.EntryAppended{Room: room, Entry: two}) // known already: no news
		asked := expect[*wire.Entries](p)
		if asked.Cursor != two.Cursor {
			t.Errorf("the client asked from %v, want %v", asked.Cursor, two.Cursor)
		}
		p.list(asked.Ref, four.Cursor, three, four)
		close(repaired)
		p.send(&wire.HeadsListed{Answer: wire.Answer{Ref: expect[*wire.Heartbeat](p).Ref}, Heads: []wire.RoomHead{}})
		_, _ = p.read() // until the client is gone
	})
	c := client.Start(ctx, account)
	c.Follow(room)
	if err := c.Current(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case <-repaired: // a heartbeat before would find the hole by itself
	case <-ctx.Done():
		t.Fatal("the client did not ask for what it missed")
	}
	if err := c.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	var ids []chat.EntryID
	for _, e := range c.Entries(room) {
		ids = append(ids, e.ID)
	}
	if diff := cmp.Diff([]chat.EntryID{"one", "two", "three", "four"}, ids); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := c.Counts(); got.Pushes != 2 || got.Pushed != 2 {
		t.Errorf("%d pushes of %d entries, want 2 of 2", got.Pushes, got.Pushed)
	}
	if faults := c.Faults(); faults != nil {
		t.Error(faults)
	}
}

// The server looked at the membership while the client had left, and its answer comes
// when the client is a member again.
func TestClient_readsAgainAfterItLeftAndJoined(t *testing.T) {
	t.Parallel()
	one, two, three := entry(1, "one"), entry(2, "two"), entry(3, "three")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	asked := make(chan struct{})
	account := fakeHome(t, func(p *player) {
		p.list(expect[*wire.Join](p).Ref, one.Cursor, one)
		p.send(&wire.EntryAppended{Room: room, Entry: three})
		late := expect[*wire.Entries](p)
		close(asked)
		again := expect[*wire.Join](p)
		p.send(&wire.Error{Answer: wire.Answer{Ref: late.Ref}, Code: chat.CodeForbidden, Message: "join the room first", Room: room})
		p.list(again.Ref, three.Cursor, two, three)
		_, _ = p.read() // until the client is gone
	})
	c := client.Start(ctx, account)
	c.Follow(room)
	<-asked
	for id, kind := range []chat.Kind{chat.KindLeft, chat.KindJoined} {
		out := c.Write(room, chat.EntryID(fmt.Sprint("move-", id)), chat.Content{Kind: kind})
		select {
		case <-out.Done:
		case <-ctx.Done():
			t.Fatalf("%s was not answered", kind)
		}
	}
	if err := c.Current(ctx); err != nil {
		t.Fatal(err)
	}
	if faults := c.Faults(); len(faults) > 0 {
		t.Error(faults)
	}
}

func TestClient_noticesAnEntryThatChanged(t *testing.T) {
	t.Parallel()
	one, two := entry(1, "one"), entry(2, "two")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	account := fakeHome(t, func(p *player) {
		p.list(expect[*wire.Join](p).Ref, two.Cursor, one, two)
		p.send(&wire.EntryAppended{Room: room, Entry: entry(2, "another")})
		p.send(&wire.HeadsListed{Answer: wire.Answer{Ref: expect[*wire.Heartbeat](p).Ref}, Heads: []wire.RoomHead{}})
		_, _ = p.read()
	})
	c := client.Start(ctx, account)
	c.Follow(room)
	if err := c.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	if faults := c.Faults(); len(faults) != 1 {
		t.Errorf("faults: %v, want one", faults)
	}
}

func TestClient_sendsAgainWithTheSameSince(t *testing.T) {
	t.Parallel()
	one, two, mine := entry(1, "one"), entry(2, "two"), entry(3, "mine")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	isFirst := true
	account := fakeHome(t, func(p *player) {
		join := expect[*wire.Join](p)
		if isFirst { // the connection is cut instead of an answer
			isFirst = false
			p.list(join.Ref, one.Cursor, one)
			if sent := expect[*wire.Send](p); sent.Since != one.Cursor {
				t.Errorf("the first attempt says since %v, want %v", sent.Since, one.Cursor)
			}
			return
		}
		sent := expect[*wire.Send](p)
		if sent.ID != mine.ID || sent.Since != one.Cursor {
			t.Errorf("the second attempt is %s since %v, want %s since %v", sent.ID, sent.Since, mine.ID, one.Cursor)
		}
		p.list(join.Ref, mine.Cursor, two, mine)
		p.send(&wire.Ack{Answer: wire.Answer{Ref: sent.Ref}, Room: room, Seq: 3, Cursor: &mine.Cursor, Existed: true})
		p.send(&wire.HeadsListed{Answer: wire.Answer{Ref: expect[*wire.Heartbeat](p).Ref}, Heads: []wire.RoomHead{}})
		_, _ = p.read()
	})
	c := client.Start(ctx, account)
	c.Follow(room)
	out := c.Write(room, mine.ID, chat.Content{Kind: chat.KindPosted, Text: "mine"})
	if err := c.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	if out.Err != nil || out.Ack.Seq != 3 || c.Counts().Opened != 2 {
		t.Errorf("acknowledged %+v (%v) on connection %d", out.Ack, out.Err, c.Counts().Opened)
	}
}
