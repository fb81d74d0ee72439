package wsserver

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// shelf is a log in which every room has the same head; it holds the entries that it
// was given.
type shelf struct {
	mu      sync.Mutex
	head    chat.Seq
	entries []chat.Entry // in the order of seq within a room
	failure error
	reads   int
}

func (s *shelf) Heads(_ context.Context, rooms []chat.RoomID) ([]chat.Head, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	heads := make([]chat.Head, len(rooms))
	for i := range heads {
		heads[i].Seq = s.head
	}
	return heads, s.failure
}

func (s *shelf) Read(_ context.Context, room chat.RoomID, after chat.Cursor, limit int) (page chat.LogPage, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	for i := range s.entries {
		if e := s.entries[i]; e.Room == room && e.Seq > after.Seq && len(page.Entries) < limit {
			page.Entries = append(page.Entries, e)
		}
	}
	return page, s.failure
}

// FindMembers returns everybody but eve as a member.
func (s *shelf) FindMembers(_ context.Context, room chat.RoomID, users ...chat.UserID) ([]chat.Member, error) {
	var members []chat.Member
	for _, user := range users {
		m := chat.Member{Room: room, User: user, Name: "Name of " + string(user), Role: chat.RoleMember}
		if user == "eve" {
			m.Role = chat.RoleNone
		}
		members = append(members, m)
	}
	return members, nil
}

// fail makes reads fail with an error; nil ends that.
func (s *shelf) fail(with error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = with
}

// store makes events durable without publishing them.
func store(h *Hub, events ...*chat.EntryAppended) {
	s := h.log.(*shelf)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		s.entries = append(s.entries, e.Entry)
	}
}

// withHub calls f with a hub, which it shuts down inside the bubble.
func withHub(t *testing.T, head chat.Seq, f func(t *testing.T, h *Hub)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(&shelf{head: head}, Limits{})
		defer func() {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_ = h.Shutdown(ctx) // peers that do not read are cut off
		}()
		f(t, h)
	})
}

const ack = `{"type":"ack","ref":"1"}`

// peer is the client's end of a connection.
type peer struct {
	*connection
	stream net.Conn

	mu     sync.Mutex
	writes [][]string // the frames of each message
	closed *ws.StatusCode
	isEnd  bool
}

// connect opens a connection whose client reads nothing yet.
func connect(t *testing.T, h *Hub, user chat.UserID, handle handler) *peer {
	t.Helper()
	return connectAs(t, h, client{user: user, codec: maru{}, handle: handle})
}

func connectAs(t *testing.T, h *Hub, with client) *peer {
	t.Helper()
	server, stream := net.Pipe()
	c, err := h.enter(with)
	if err != nil {
		t.Fatal(err)
	}
	c.start(newConn(server, nil))
	return &peer{connection: c, stream: stream}
}

// listener opens a connection that reads everything and listens to the rooms.
func listener(t *testing.T, h *Hub, user chat.UserID, rooms ...chat.RoomID) *peer {
	t.Helper()
	p := connect(t, h, user, ignore)
	go p.read()
	for _, r := range rooms {
		p.subscribe(t, r)
	}
	return p
}

func (p *peer) subscribe(t *testing.T, room chat.RoomID) {
	t.Helper()
	if err := p.hub.Subscribe(t.Context(), p.id, p.user, room); err != nil {
		t.Fatal(err)
	}
}

// read takes what the server sends and answers its close frame.
func (p *peer) read() {
	for {
		f, err := readFrame(p.stream)
		if err != nil {
			p.mu.Lock()
			p.isEnd = true
			p.mu.Unlock()
			return
		}
		p.take(f)
	}
}

func readFrame(stream io.Reader) (f ws.Frame, err error) {
	if f.Header, err = ws.ReadHeader(stream); err != nil {
		return f, err
	}
	f.Payload = make([]byte, f.Header.Length)
	_, err = io.ReadFull(stream, f.Payload)
	return f, err
}

func (p *peer) take(f ws.Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch f.Header.OpCode {
	case ws.OpText:
		p.writes = append(p.writes, strings.Split(string(f.Payload), "\n"))
	case ws.OpClose:
		code, _ := ws.ParseCloseFrameData(f.Payload)
		p.closed = &code
		go p.stream.Write(mask(ws.NewCloseFrame(f.Payload))) // the server may be gone already
	default:
		p.writes = append(p.writes, []string{fmt.Sprintf("opcode %d %s", f.Header.OpCode, f.Payload)})
	}
}

func mask(f ws.Frame) []byte {
	b, err := ws.CompileFrame(ws.MaskFrame(f))
	if err != nil {
		panic(err)
	}
	return b
}

func (p *peer) send(t *testing.T, f ws.Frame) {
	t.Helper()
	if _, err := p.stream.Write(mask(f)); err != nil {
		t.Fatal(err)
	}
}

// told waits until nothing happens any more and returns, in a few words each, the
// frames that have arrived since the last call.
func (p *peer) told() []string {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, line := range slices.Concat(p.writes...) {
		all = append(all, about(line))
	}
	p.writes = nil
	return all
}

// messages returns how many frames each message held since the last call.
func (p *peer) messages() []int {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	var sizes []int
	for _, frames := range p.writes {
		sizes = append(sizes, len(frames))
	}
	p.writes = nil
	return sizes
}

// about describes a frame in a few words.
func about(line string) string {
	f, err := wire.DecodeServer([]byte(line))
	if err != nil {
		return line
	}
	switch f := f.(type) {
	case *wire.EntryAppended:
		return fmt.Sprintf("%s %d", f.Room, f.Entry.Seq)
	case *wire.RoomBehind:
		return fmt.Sprintf("%s behind %d", f.Room, f.Head.Seq)
	case *wire.ConnectionClosing:
		return "closing " + f.Reason
	case *wire.Error:
		return "error " + string(f.Code)
	default:
		return f.Type()
	}
}

// appended is the event of a post, or of what kind says.
func appended(room chat.RoomID, seq chat.Seq, change ...func(*chat.Entry)) *chat.EntryAppended {
	e := chat.Entry{
		Room: room, Seq: seq, At: time.UnixMilli(int64(seq)), Author: "ann",
		ID: chat.EntryID(fmt.Sprint("e", seq)), Content: chat.Content{Kind: chat.KindPosted, Text: "hi"},
	}
	for _, f := range change {
		f(&e)
	}
	return &chat.EntryAppended{Entry: e}
}

func of(kind chat.Kind, user chat.UserID) func(*chat.Entry) {
	return func(e *chat.Entry) {
		e.Content = chat.Content{Kind: kind, User: user}
		if kind == chat.KindJoined {
			e.Role = chat.RoleMember
		}
	}
}

func publish(t *testing.T, h *Hub, events ...*chat.EntryAppended) {
	t.Helper()
	for _, e := range events {
		h.Publish(t.Context(), chat.Listeners{Room: e.Entry.Room}, e)
	}
}

func wantTold(t *testing.T, p *peer, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, p.told()); diff != "" {
		t.Errorf("%s was told (-want +got):\n%s", p.user, diff)
	}
}
