package outage

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/e2e/crowd"
	"github.com/maru-chat/maru/e2e/socket"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// TestBurst has 50 people post at once in a room of 60 connections, which the
// stream pushes to. Posts that are written between two reads of the stream
// travel in one message: everybody sees every post once, in far fewer messages
// than posts.
func TestBurst(t *testing.T) {
	needsLong(t, "ten seconds")
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	const senders, watchers = 50, 10
	home := shared(t)
	room := home.room("burst")
	people := crowd.Gather(ctx, t, crowd.Options{
		Home: home.URL(), Seed: seed(t), People: senders, Rooms: []chat.RoomID{room}, Output: home.Output,
		// A busy machine loses pushes, and only a heartbeat repairs that.
		Client: func(int) client.Options { return client.Options{Heartbeat: crowdPulse} },
	})
	var watching []*watcher
	for _, p := range people.People[:watchers] {
		watching = append(watching, watch(ctx, t, p.Account(), room, senders))
	}
	before := headOf(people, room)
	people.All(t, func(_ int, p *crowd.Person) error {
		p.Post(room)
		return p.Reach(ctx, room, before+senders)
	})
	t.Log(people.Settle(ctx, t))
	for i, w := range watching {
		w.stop(t)
		k := float64(len(w.posts)) / float64(w.pushes)
		t.Logf("connection %d: %d of %d posts in %d pushes, k = %.1f", i, len(w.posts), senders, w.pushes, k)
		if len(w.posts) == 0 || k < 2 {
			t.Errorf("connection %d got %d posts in %d pushes, want at least two in each", i, len(w.posts), w.pushes)
		}
		for seq, times := range w.posts {
			if times > 1 {
				t.Errorf("connection %d was pushed entry %d %d times", i, seq, times)
			}
		}
	}
}

// watcher counts what is pushed to one connection. It repairs nothing.
type watcher struct {
	conn  *socket.Conn
	ended chan error
	// pushes is the number of messages that carried posts, and posts how often
	// each post was carried. Neither may be read before stop has returned.
	pushes int
	posts  map[chat.Seq]int
}

// watch opens another connection of the account and listens to the room until
// it has received that many posts.
func watch(ctx context.Context, t *testing.T, account *client.Account, room chat.RoomID, posts int) *watcher {
	t.Helper()
	conn, err := account.Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	deadline, _ := ctx.Deadline()
	_ = conn.SetReadDeadline(deadline)
	w := &watcher{conn: conn, ended: make(chan error, 1), posts: map[chat.Seq]int{}}
	if err := conn.Write(wire.EncodeClient(&wire.Join{InRoom: wire.InRoom{Request: wire.Request{Ref: "1"}, Room: room}})); err != nil {
		t.Fatal(err)
	}
	for hasJoined := false; !hasJoined; {
		if hasJoined, err = w.read(); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		for err == nil && len(w.posts) < posts {
			_, err = w.read()
		}
		w.ended <- err
	}()
	return w
}

// read counts one message, and reports whether it holds the answer to the join.
func (w *watcher) read() (isJoin bool, err error) {
	message, err := w.conn.Read(nil)
	if err != nil {
		return false, err
	}
	hasPost := false
	for frame, err := range wire.Frames(message) {
		switch f := frame.(type) {
		case *wire.RoomJoined:
			isJoin = true
		case *wire.EntryAppended:
			if f.Entry.Kind == chat.KindPosted {
				hasPost = true
				w.posts[f.Entry.Seq]++
			}
		}
		if err != nil {
			return false, err
		}
	}
	if hasPost {
		w.pushes++
	}
	return isJoin, nil
}

// stop waits until all posts have come, or until those that have not are lost.
func (w *watcher) stop(t *testing.T) {
	t.Helper()
	const grace = 5 * time.Second // longer than the stream's function tries
	_ = w.conn.SetReadDeadline(time.Now().Add(grace))
	if err := <-w.ended; err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}
