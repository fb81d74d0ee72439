package wsserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/maru-chat/maru/internal/chat"
)

// polledPair returns a socket that the hub's poller watches, and its peer.
func polledPair(t *testing.T, h *Hub) (*polled, *net.TCPConn) {
	t.Helper()
	server, client := tcpPair(t)
	conn, isPolled := h.takeOver(server, nil).(*polled)
	if !isPolled {
		t.Fatal("the socket is not polled")
	}
	t.Cleanup(func() { conn.Close() })
	return conn, client
}

func newTCPHub(t *testing.T) *Hub {
	t.Helper()
	h := NewHub(&shelf{}, Limits{})
	t.Cleanup(func() {
		if err := h.Shutdown(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	return h
}

// notified returns a channel that is closed when the socket notifies.
func notified(c *polled) <-chan struct{} {
	ready := make(chan struct{})
	c.Notify(func() { close(ready) })
	return ready
}

func write(t *testing.T, to net.Conn, p []byte) {
	t.Helper()
	if _, err := to.Write(p); err != nil {
		t.Fatal(err)
	}
}

func TestPolled_Notify(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		happens func(t *testing.T, c *polled, peer *net.TCPConn)
		want    error
	}{
		"a message comes":          {func(t *testing.T, _ *polled, peer *net.TCPConn) { write(t, peer, sent(t, text("hi"))) }, nil},
		"the peer ends":            {func(_ *testing.T, _ *polled, peer *net.TCPConn) { peer.Close() }, io.EOF},
		"the connection is closed": {func(_ *testing.T, c *polled, _ *net.TCPConn) { c.Close() }, net.ErrClosed},
		"the deadline passes": {func(t *testing.T, c *polled, _ *net.TCPConn) {
			if err := c.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
				t.Error(err)
			}
		}, os.ErrDeadlineExceeded},
	}
	for name, rule := range cases {
		for _, when := range []string{"before", "after"} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				c, peer := polledPair(t, newTCPHub(t))
				if _, err := c.Next(); !errors.Is(err, errNothing) {
					t.Fatalf("Next failed with %v, want nothing", err)
				}
				var ready <-chan struct{}
				if when == "before" {
					rule.happens(t, c, peer)
					ready = notified(c)
				} else {
					ready = notified(c)
					rule.happens(t, c, peer)
				}
				<-ready
				if _, err := c.Next(); !errors.Is(err, rule.want) {
					t.Errorf("Next returned %v, want %v", err, rule.want)
				}
			})
		}
	}
}

func TestPolled_SetReadDeadline(t *testing.T) {
	t.Parallel()
	c, peer := polledPair(t, newTCPHub(t))
	setDeadline := func(at time.Time) {
		t.Helper()
		if err := c.SetReadDeadline(at); err != nil {
			t.Fatal(err)
		}
	}
	wantRead := func(want string, wantErr error) {
		t.Helper()
		if m, err := c.Read(); string(m.Data) != want || !errors.Is(err, wantErr) {
			t.Fatalf("read %q, %v, want %q, %v", m.Data, err, want, wantErr)
		}
	}
	setDeadline(time.Now().Add(time.Millisecond))
	wantRead("", os.ErrDeadlineExceeded)
	wantRead("", os.ErrDeadlineExceeded)
	setDeadline(time.Time{}) // lifts it
	write(t, peer, sent(t, text("1"), text("2")))
	wantRead("1", nil)
	wantRead("2", nil)
	write(t, peer, sent(t, text("late")))
	arrived(t, c)
	setDeadline(time.Now().Add(-time.Second))
	wantRead("late", nil) // what has come by then can be read
	wantRead("", os.ErrDeadlineExceeded)
	setDeadline(time.Now().Add(time.Minute)) // replaces it
	write(t, peer, sent(t, text("3")))
	wantRead("3", nil)
}

// arrived waits until the kernel has something to read for the socket.
func arrived(t *testing.T, c *polled) {
	t.Helper()
	_, err := retry(func() (int, error) {
		return unix.Poll([]unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLIN}}, int(time.Minute.Milliseconds()))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPoller_wake_ofAClosedSocket(t *testing.T) {
	t.Parallel()
	h := newTCPHub(t)
	earlier, _ := polledPair(t, h)
	later, _ := polledPair(t, h)
	ready := notified(later)
	earlier.Close()
	h.poller.wake(&pace{}, []unix.EpollEvent{*eventOf(earlier.id, unix.EPOLLIN)})
	select {
	case <-ready:
		t.Error("another socket was told")
	default:
	}
}

// stillPoller returns a poller that looks only when the test tells it to.
func stillPoller(t *testing.T) *poller {
	t.Helper()
	p := &poller{began: time.Now(), sockets: make(map[uint64]*polled)}
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.gate.Close()
		unix.Close(p.epoll)
	})
	return p
}

// watched returns a socket that p watches, and its peer.
func watched(t *testing.T, p *poller) (*polled, *net.TCPConn) {
	t.Helper()
	server, peer := tcpPair(t)
	conn, err := p.takeOver(server, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*polled), peer
}

// What comes during a pause is told by its end, and what comes then is waited for.
func TestPoller_pause(t *testing.T) {
	t.Parallel()
	p := stillPoller(t)
	c, peer := watched(t, p)
	events := make([]unix.EpollEvent, 1)
	for i := range 20 {
		ready := notified(c)
		if i%2 == 0 {
			write(t, peer, sent(t, text(fmt.Sprint(i))))
			p.pause(&pace{since: time.Since(p.began), mayPause: true}, events)
		} else {
			p.pause(&pace{since: time.Since(p.began), mayPause: true}, events)
			write(t, peer, sent(t, text(fmt.Sprint(i))))
			n, err := p.wait(events)
			if err != nil {
				t.Fatal(err)
			}
			p.wake(&pace{}, events[:n])
		}
		select {
		case <-ready:
		default:
			t.Fatalf("message %d was not told", i)
		}
		if m, err := c.Next(); string(m.Data) != fmt.Sprint(i) {
			t.Fatalf("message %d is %q, %v", i, m.Data, err)
		}
		if _, err := c.Next(); !errors.Is(err, errNothing) {
			t.Fatalf("after message %d: %v", i, err)
		}
	}
}

// A pause ends with all sockets told that are ready, also when one look cannot return
// them all.
func TestPoller_pause_withMoreThanOneLook(t *testing.T) {
	t.Parallel()
	p := stillPoller(t)
	var ready []<-chan struct{}
	for range 5 {
		c, peer := watched(t, p)
		ready = append(ready, notified(c))
		write(t, peer, sent(t, text("hi")))
		arrived(t, c)
	}
	over := &pace{since: time.Since(p.began) - 2*spell} // the pause ends with its first look
	p.pause(over, make([]unix.EpollEvent, 2))
	for i := range ready {
		select {
		case <-ready[i]:
		default:
			t.Errorf("socket %d was not told", i)
		}
	}
}

// Many peers send without waiting for anything: every message is handled once and in
// order.
func TestPoller_run(t *testing.T) {
	t.Parallel()
	const peers, messages = 64, 200
	h := newTCPHub(t)
	var mu sync.Mutex
	got := make(map[*connection][]string)
	var all sync.WaitGroup
	all.Add(peers * messages)
	handle := func(_ context.Context, c *connection, message []byte) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		got[c] = append(got[c], string(message))
		all.Done()
		return nil
	}
	var want []string
	for i := range messages {
		want = append(want, fmt.Sprint(i))
	}
	for i := range peers {
		server, peer := tcpPair(t)
		c, err := h.enter(client{user: chat.UserID(fmt.Sprint("u", i)), codec: maru{}, handle: handle})
		if err != nil {
			t.Fatal(err)
		}
		c.start(h.takeOver(server, nil))
		go func() {
			for _, message := range want {
				if _, err := peer.Write(mask(text(message))); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	all.Wait()
	mu.Lock()
	defer mu.Unlock()
	for c, messages := range got {
		if !slices.Equal(messages, want) {
			t.Errorf("%s: handled %v", c.user, messages)
		}
	}
}

// A peer whose messages follow each other without a pause gets for each as much time
// as anybody.
func TestConnection_handleAll_deadlines(t *testing.T) {
	t.Parallel()
	h := newTCPHub(t)
	ends := make(chan time.Time)
	handle := func(ctx context.Context, _ *connection, _ []byte) [][]byte {
		end, _ := ctx.Deadline()
		ends <- end
		h.workers.deadlines.mu.Lock()
		defer h.workers.deadlines.mu.Unlock()
		h.workers.deadlines.until = time.Time{} // as if it had taken long
		return nil
	}
	server, peer := tcpPair(t)
	c, err := h.enter(client{user: "bob", codec: maru{}, handle: handle})
	if err != nil {
		t.Fatal(err)
	}
	c.start(h.takeOver(server, nil))
	write(t, peer, sent(t, text("1"), text("2")))
	if first, second := <-ends, <-ends; !second.After(first) {
		t.Errorf("the second message may take until %v, the first until %v", second, first)
	}
}

// TestHub_Shutdown asks the same of connections over pipes.
func TestHub_Shutdown_ofSockets(t *testing.T) {
	t.Parallel()
	h := NewHub(&shelf{}, Limits{})
	server, peer := tcpPair(t)
	over := make(chan error, 1)
	handle := func(_ context.Context, c *connection, message []byte) [][]byte {
		if string(message) == "1" {
			write(t, peer, sent(t, text("2")))
			arrived(t, c.conn.(*polled))
			go func() { over <- h.Shutdown(context.Background()) }()
		}
		return [][]byte{message}
	}
	c, err := h.enter(client{user: "bob", codec: maru{}, handle: handle})
	if err != nil {
		t.Fatal(err)
	}
	c.start(h.takeOver(server, nil))
	write(t, peer, sent(t, text("1")))
	var got []string
	for {
		f, err := readFrame(peer)
		if err != nil {
			t.Fatal(err)
		}
		if f.Header.OpCode == ws.OpClose {
			if code, _ := ws.ParseCloseFrameData(f.Payload); code != ws.StatusGoingAway {
				t.Errorf("closed with %d", code)
			}
			write(t, peer, mask(ws.NewCloseFrame(f.Payload)))
			break
		}
		got = append(got, strings.Split(string(f.Payload), "\n")...)
	}
	if err := <-over; err != nil {
		t.Error(err)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"1", "2", `{"type":"connection.closing","reason":"shutdown"}`}, got); diff != "" {
		t.Errorf("the peer was told (-want +got):\n%s", diff)
	}
}

// A connection that was closed carries out nothing more of what came before.
func TestConnection_handleAll_afterKill(t *testing.T) {
	t.Parallel()
	h := newTCPHub(t)
	var got []string
	handle := func(_ context.Context, c *connection, message []byte) [][]byte {
		got = append(got, string(message))
		c.kill()
		return nil
	}
	server, peer := tcpPair(t)
	c, err := h.enter(client{user: "bob", codec: maru{}, handle: handle})
	if err != nil {
		t.Fatal(err)
	}
	c.start(h.takeOver(server, sent(t, text("1"), text("2"))))
	if _, err := io.Copy(io.Discard, peer); err != nil {
		t.Error(err)
	}
	h.live.Wait()
	if diff := cmp.Diff([]string{"1"}, got); diff != "" {
		t.Errorf("handled (-want +got):\n%s", diff)
	}
}

// TestConnection_run asks the same of connections over pipes.
func TestConnection_handleAll(t *testing.T) {
	t.Parallel()
	handle := func(_ context.Context, _ *connection, message []byte) [][]byte { return [][]byte{message} }
	cases := map[string]struct {
		send     []ws.Frame
		want     []string
		wantCode ws.StatusCode
	}{
		"answers each message": {
			send: []ws.Frame{text("1"), text("2"), ws.NewCloseFrame([]byte("\x0f\xa0bye"))}, want: []string{"1", "2"}, wantCode: 4000,
		},
		"answers a ping": {
			send: []ws.Frame{ws.NewPingFrame([]byte("p")), ws.NewCloseFrame(nil)}, want: []string{"p"}, // without a code
		},
		"refuses a binary message": {
			send: []ws.Frame{ws.NewBinaryFrame([]byte("x"))}, want: []string{`{"type":"error","code":"invalid","message":"only text messages are taken"}`},
			wantCode: ws.StatusUnsupportedData,
		},
	}
	for name, rule := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newTCPHub(t)
			server, peer := tcpPair(t)
			c, err := h.enter(client{user: "bob", codec: maru{}, handle: handle})
			if err != nil {
				t.Fatal(err)
			}
			c.start(h.takeOver(server, nil))
			write(t, peer, sent(t, rule.send...))
			var got []string
			for {
				f, err := readFrame(peer)
				if err != nil {
					t.Fatalf("the connection ended without a close frame: %v", err)
				}
				if f.Header.OpCode == ws.OpClose {
					if code, _ := ws.ParseCloseFrameData(f.Payload); code != rule.wantCode {
						t.Errorf("closed with %d, want %d", code, rule.wantCode)
					}
					break
				}
				got = append(got, string(f.Payload))
			}
			peer.Close()
			h.live.Wait()
			if diff := cmp.Diff(rule.want, got); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
			if n := h.Connections(); n != 0 {
				t.Errorf("%d connections are open", n)
			}
		})
	}
}
