package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/e2e/socket"
	"github.com/maru-chat/maru/internal/chat"
)

// width is how many requests at once prepare a scenario.
const width = 32

// atOnce calls do for 0 to n-1, width of them at once, and returns the first
// error.
func atOnce(n int, do func(i int) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for range min(width, n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && failed.Load() == nil; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// crowd signs n people in.
func crowd(ctx context.Context, home string, n int) ([]*client.Account, error) {
	accounts := make([]*client.Account, n)
	err := atOnce(n, func(i int) (err error) {
		accounts[i], err = client.SignIn(ctx, home, fmt.Sprintf("person %d", i))
		return err
	})
	return accounts, err
}

// settle makes the first of the people create the room and the others join it.
func settle(ctx context.Context, room chat.RoomID, people []*client.Account) error {
	if _, err := people[0].CreateRoom(ctx, room, "bench", chat.Public); err != nil {
		return err
	}
	return atOnce(len(people)-1, func(i int) error {
		_, err := people[i+1].JoinRoom(ctx, room)
		return err
	})
}

// everyNth is the share of listeners that measure latency: one in so many.
const everyNth = 20

// seat is one connection that listens to one room, or only writes to it.
type seat struct {
	conn *socket.Conn
	room chat.RoomID
	// answers carries the answer to each post; since is the cursor of the last.
	answers chan string
	since   string

	// delivered counts entries that were pushed to the seat.
	delivered atomic.Int64
	// isSampled makes the reader measure how long each entry took.
	isSampled bool
	samples   []sample // read once the connection has ended
	ended     chan struct{}
	behind    atomic.Int64
	// failed is why the seat stopped sending before the end of the load.
	failed error
}

// sample is the latency of one entry: how long after its post was due it came.
type sample struct {
	due  time.Time
	took time.Duration
}

// try is post for a load that ends with ctx. It returns false when the seat is to
// stop; leave reports the error if it had to stop before ctx ended.
func (s *seat) try(ctx context.Context, text string) bool {
	err := s.post(ctx, text)
	if err != nil && ctx.Err() == nil {
		s.failed = err
	}
	return err == nil
}

// leave closes connections that are being read, and returns what went wrong on
// them.
func leave(seats []*seat) error {
	var failed []error
	for _, s := range seats {
		_ = s.conn.Close()
		<-s.ended
		failed = append(failed, s.failed)
	}
	return errors.Join(failed...)
}

// sit opens a connection, which joins the room if it listens.
func sit(ctx context.Context, who *client.Account, room chat.RoomID, listens bool) (*seat, error) {
	conn, err := who.Dial(ctx)
	if err != nil {
		return nil, err
	}
	s := &seat{conn: conn, room: room, answers: make(chan string, 1), since: "0", ended: make(chan struct{})}
	// The answer has the cursor that the first post needs.
	ask := fmt.Sprintf(`{"action":"heartbeat","ref":"0","cursors":{%q:"0"}}`, room)
	if listens {
		ask += fmt.Sprintf("\n"+`{"action":"join","ref":"1","room":%q}`, room)
	}
	if err := conn.Write([]byte(ask)); err != nil {
		return nil, err
	}
	want := 1
	if listens {
		want = 2
	}
	for got := 0; got < want; {
		message, err := conn.Read(nil)
		if err != nil {
			return nil, err
		}
		if bytes.Contains(message, []byte(`"type":"error"`)) {
			return nil, fmt.Errorf("joining was refused: %s", message)
		}
		if cursor := valueOf(message, "cursor"); cursor != "" && s.since == "0" {
			s.since = cursor
		}
		got += bytes.Count(message, []byte(`{"type":"heads.listed"`)) + bytes.Count(message, []byte(`{"type":"room.joined"`))
	}
	return s, nil
}

// The prefixes of the frames that the generator tells apart.
var (
	ackLine    = []byte(`{"type":"ack"`)
	errorLine  = []byte(`{"type":"error"`)
	pushLine   = []byte(`{"type":"entry.appended"`)
	behindLine = []byte(`{"type":"room.behind"`)
)

// valueOf returns the string value of the key's first occurrence. The generator
// does not decode JSON, because it shares the machine with what it measures.
func valueOf(frame []byte, key string) string {
	_, rest, found := bytes.Cut(frame, []byte(`"`+key+`":"`))
	if !found {
		return ""
	}
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(value)
}

// read counts what arrives until the connection ends.
func (s *seat) read() {
	defer close(s.ended)
	s.conn.Buffer(16 << 10)
	buf := make([]byte, 0, 4<<10)
	for {
		message, err := s.conn.Read(buf)
		if err != nil {
			return
		}
		buf = message
		for line := range bytes.Lines(message) {
			s.take(line)
		}
	}
}

func (s *seat) take(line []byte) {
	switch {
	case bytes.HasPrefix(line, pushLine):
		s.delivered.Add(1)
		if s.isSampled {
			s.sample(line)
		}
	case bytes.HasPrefix(line, behindLine):
		s.behind.Add(1)
	case bytes.HasPrefix(line, ackLine), bytes.HasPrefix(line, errorLine):
		s.answers <- string(line)
	}
}

// sample measures how long the entry took since its post was due, which its text
// begins with.
func (s *seat) sample(line []byte) {
	text, _, _ := bytes.Cut([]byte(valueOf(line, "text")), []byte(" "))
	nanos, err := strconv.ParseInt(string(text), 10, 64)
	if err == nil {
		due := time.Unix(0, nanos)
		s.samples = append(s.samples, sample{due, time.Since(due)})
	}
}

// words follow the time in a post, to make it as long as posts usually are.
const words = "점심에 짬뽕 먹을 사람? lunch at noon, the usual place, and bring the umbrella"

// dueAt is a text that says when the post was due.
func dueAt(due time.Time) string { return strconv.FormatInt(due.UnixNano(), 10) + " " + words }

var errEnded = errors.New("the connection has ended")

// post sends one post and waits for its acknowledgement. The text is sent as it
// is, so it must hold nothing that JSON escapes. In a room where others have
// written much since the sender's last post, the home answers with the head and
// writes nothing. Then post sends again from that head; a real client would first
// have to look for its own entry in between.
func (s *seat) post(ctx context.Context, text string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	for {
		frame := make([]byte, 0, 320)
		frame = fmt.Appendf(frame, `{"action":"send","ref":"p","room":%q,"id":"%s","since":%q,"text":"%s"}`,
			s.room, id, s.since, text)
		if err := s.conn.Write(frame); err != nil {
			return err
		}
		select {
		case answer := <-s.answers:
			if head := valueOf([]byte(answer), "head"); head != "" {
				s.since = head
				continue
			}
			if s.since = valueOf([]byte(answer), "cursor"); s.since == "" {
				return fmt.Errorf("a post was refused: %s", answer)
			}
			return nil
		case <-s.ended:
			return errEnded
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
