package wsserver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// readOnly is a stream that only reads.
type readOnly struct {
	net.Conn
	io.Reader
}

func (s readOnly) Read(p []byte) (int, error) { return s.Reader.Read(p) }

// sent encodes frames as a client sends them.
func sent(t testing.TB, frames ...ws.Frame) []byte {
	t.Helper()
	var buf bytes.Buffer
	for _, f := range frames {
		if err := ws.WriteFrame(&buf, ws.MaskFrameWith(f, [4]byte{1, 2, 3, 4})); err != nil {
			t.Fatal(err)
		}
	}
	return buf.Bytes()
}

func text(s string) ws.Frame { return ws.NewTextFrame([]byte(s)) }

func part(op ws.OpCode, isLast bool, s string) ws.Frame { return ws.NewFrame(op, isLast, []byte(s)) }

// readAll reads until an error, which it returns.
func readAll(conn Conn) (got []Message, err error) {
	for {
		m, err := conn.Read()
		if err != nil {
			return got, err
		}
		m.Data = bytes.Clone(m.Data)
		got = append(got, m)
	}
}

func message(kind MessageKind, s string) Message { return Message{kind, []byte(s)} }

func TestConn_Read(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("x", maxText)
	cases := map[string]struct {
		frames []ws.Frame
		want   []Message
	}{
		"unmasks text after headers of every length": {
			[]ws.Frame{text("hi"), text(strings.Repeat("y", 126)), text(longest)},
			[]Message{message(MessageText, "hi"), message(MessageText, strings.Repeat("y", 126)), message(MessageText, longest)},
		},
		"accepts an empty message": {
			[]ws.Frame{text("")}, []Message{message(MessageText, "")},
		},
		"joins fragments that split a character": {
			[]ws.Frame{part(ws.OpText, false, "방\xea"), part(ws.OpContinuation, false, "\xb0"), part(ws.OpContinuation, true, "\x80")},
			[]Message{message(MessageText, "방가")},
		},
		"returns a ping between fragments": {
			[]ws.Frame{part(ws.OpText, false, "a"), ws.NewPingFrame([]byte("p")), part(ws.OpContinuation, true, "b"), text("c")},
			[]Message{message(MessagePing, "p"), message(MessageText, "ab"), message(MessageText, "c")},
		},
		"returns pong and close": {
			[]ws.Frame{ws.NewPongFrame(nil), ws.NewCloseFrame([]byte("\x03\xe8bye"))},
			[]Message{message(MessagePong, ""), message(MessageClose, "\x03\xe8bye")},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := sent(t, c.frames...)
			streams := map[string]Conn{
				"whole":                 newConn(readOnly{Reader: bytes.NewReader(raw)}, nil),
				"in halves":             newConn(readOnly{Reader: iotest.HalfReader(bytes.NewReader(raw))}, nil),
				"with upgrade":          newConn(readOnly{Reader: bytes.NewReader(raw[5:])}, raw[:5]),
				"all with that":         newConn(readOnly{Reader: bytes.NewReader(nil)}, raw),
				"over TCP":              overTCP(t, raw, len(raw), nil),
				"with upgrade over TCP": overTCP(t, raw[5:], len(raw), raw[:5]),
				"in pieces over TCP":    overTCP(t, raw, 1+len(raw)/7, nil),
			}
			if len(raw) < 1000 {
				streams["byte by byte"] = newConn(readOnly{Reader: iotest.OneByteReader(bytes.NewReader(raw))}, nil)
			}
			for how, conn := range streams {
				got, err := readAll(conn)
				if !errors.Is(err, io.EOF) {
					t.Errorf("%s: ended with %v, want EOF", how, err)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s: messages (-want +got):\n%s", how, diff)
				}
			}
		})
	}
}

func TestConn_Read_refuses(t *testing.T) {
	t.Parallel()
	reserved := text("x")
	reserved.Header.Rsv = ws.Rsv(true, false, false)
	unmasked, err := ws.CompileFrame(text("x"))
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		raw  []byte
		want ws.StatusCode
	}{
		"a frame without a mask":            {unmasked, ws.StatusProtocolError},
		"a reserved bit":                    {sent(t, reserved), ws.StatusProtocolError},
		"a reserved opcode":                 {sent(t, part(3, true, "")), ws.StatusProtocolError},
		"a binary message":                  {sent(t, ws.NewBinaryFrame([]byte("x"))), ws.StatusUnsupportedData},
		"a message over 32 KB":              {sent(t, text(strings.Repeat("x", maxText+1))), ws.StatusMessageTooBig},
		"a length over 63 bits":             {[]byte{0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, ws.StatusProtocolError},
		"fragments over 32 KB":              {sent(t, part(ws.OpText, false, strings.Repeat("x", maxText)), part(ws.OpContinuation, true, "x")), ws.StatusMessageTooBig},
		"invalid UTF-8":                     {sent(t, text("a\xff")), ws.StatusInvalidFramePayloadData},
		"a cut character":                   {sent(t, text("\xea\xb0")), ws.StatusInvalidFramePayloadData},
		"a ping over 125 bytes":             {sent(t, part(ws.OpPing, true, strings.Repeat("x", 126))), ws.StatusProtocolError},
		"a ping in fragments":               {sent(t, part(ws.OpPing, false, "x")), ws.StatusProtocolError},
		"a continuation of nothing":         {sent(t, part(ws.OpContinuation, true, "x")), ws.StatusProtocolError},
		"a new message within a fragmented": {sent(t, part(ws.OpText, false, "x"), text("y")), ws.StatusProtocolError},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for how, conn := range map[string]Conn{
				"whole":    newConn(readOnly{Reader: bytes.NewReader(c.raw)}, nil),
				"over TCP": overTCP(t, c.raw, 1000, nil),
			} {
				_, err := readAll(conn)
				var breach *ProtocolError
				if !errors.As(err, &breach) || breach.Code != c.want {
					t.Errorf("%s: Read failed with %v, want close code %d", how, err, c.want)
				}
			}
		})
	}
	t.Run("a stream that ends within a message", func(t *testing.T) {
		t.Parallel()
		raw := sent(t, text("hello"))[:8]
		for how, conn := range map[string]Conn{
			"whole":    newConn(readOnly{Reader: bytes.NewReader(raw)}, nil),
			"over TCP": overTCP(t, raw, len(raw), nil),
		} {
			if _, err := readAll(conn); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s: Read failed with %v, want an unexpected EOF", how, err)
			}
		}
	})
}

// A length may come in a longer form than it needs.
func TestConn_Read_longForms(t *testing.T) {
	t.Parallel()
	raw := []byte{0x81, 0x80 | 126, 0, 1, 0, 0, 0, 0, 'a'}
	raw = append(raw, 0x81, 0x80|127, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 'b')
	raw = append(raw, sent(t, text("c"))...)
	want := []Message{message(MessageText, "a"), message(MessageText, "b"), message(MessageText, "c")}
	for how, conn := range map[string]Conn{
		"whole":    newConn(readOnly{Reader: bytes.NewReader(raw)}, nil),
		"over TCP": overTCP(t, raw, 2, nil),
	} {
		got, err := readAll(conn)
		if diff := cmp.Diff(want, got); diff != "" || !errors.Is(err, io.EOF) {
			t.Errorf("%s: ended with %v, messages (-want +got):\n%s", how, err, diff)
		}
	}
}

// What follows a message is not moved for each message that came with it.
func TestIncoming_next(t *testing.T) {
	t.Parallel()
	raw := sent(t, slices.Repeat([]ws.Frame{ws.NewPongFrame(nil)}, 1000)...)
	in := incoming{rest: raw}
	for size := len(raw) / 1000; len(raw) > size; {
		if _, err := in.next(nil); err != nil {
			t.Fatal(err)
		}
		if raw = raw[size:]; &in.rest[0] != &raw[0] {
			t.Fatalf("with %d bytes left they were moved", len(raw))
		}
	}
}

func TestConn_Read_discards_after_a_breach(t *testing.T) {
	t.Parallel()
	raw := append(sent(t, ws.NewBinaryFrame([]byte("x"))), sent(t, text("later"))...)
	for how, conn := range map[string]Conn{
		"whole":    newConn(readOnly{Reader: bytes.NewReader(raw)}, nil),
		"over TCP": overTCP(t, raw, 3, nil),
	} {
		if _, err := conn.Read(); err == nil {
			t.Fatalf("%s: a binary message was taken", how)
		}
		if m, err := conn.Read(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: after a breach Read returned %v, %v, want EOF", how, m, err)
		}
	}
}

// tcpPair returns both ends of a TCP connection.
func tcpPair(t *testing.T) (server, client *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialed, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dialed.Close(); accepted.Close() })
	return accepted.(*net.TCPConn), dialed.(*net.TCPConn)
}

// takenOver returns the Conn that a hub makes of a stream.
func takenOver(t *testing.T, stream net.Conn, early []byte) Conn {
	t.Helper()
	h := NewHub(&shelf{}, Limits{})
	conn := h.takeOver(stream, early)
	t.Cleanup(func() {
		conn.Close()
		if err := h.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return conn
}

// overTCP returns a Conn whose peer writes raw in pieces of that many bytes, and then
// nothing more.
func overTCP(t *testing.T, raw []byte, pieces int, early []byte) Conn {
	t.Helper()
	server, client := tcpPair(t)
	go func() {
		defer client.CloseWrite()
		for piece := range slices.Chunk(raw, pieces) {
			if _, err := client.Write(piece); err != nil {
				return // the test is over
			}
		}
	}()
	return takenOver(t, server, early)
}

func TestConn_TryWrite(t *testing.T) {
	t.Parallel()
	conns := map[string]func(*testing.T, net.Conn) Conn{
		"a stream": func(_ *testing.T, stream net.Conn) Conn { return newConn(stream, nil) },
		"a socket": func(t *testing.T, stream net.Conn) Conn { return takenOver(t, stream, nil) },
	}
	for name, open := range conns {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := tcpPair(t)
			testTryWrite(t, open(t, server), client)
		})
	}
}

func testTryWrite(t *testing.T, conn Conn, client *net.TCPConn) {
	f := textFrame(bytes.Repeat([]byte("z"), maxText))
	var wrote int
	for {
		n, err := conn.TryWrite(f)
		if err != nil {
			t.Fatal(err)
		}
		wrote += n
		if n < len(f) { // the socket is full, and this test got here
			break
		}
	}
	t.Run("Write fails at its deadline, and TryWrite still reports that the socket is full", func(t *testing.T) {
		if err := conn.Write(f, time.Now().Add(10*time.Millisecond)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write to a full socket returned %v, want a passed deadline", err)
		}
		if n, err := conn.TryWrite(f); n == len(f) || err != nil {
			t.Errorf("TryWrite to a full socket returned %d, %v", n, err)
		}
	})
	t.Run("Write goes on when the peer reads, and what was written arrives", func(t *testing.T) {
		arrived := make(chan int64)
		go func() {
			n, _ := io.Copy(io.Discard, client) // until the connection is closed
			arrived <- n
		}()
		if err := conn.Write(f, time.Now().Add(time.Minute)); err != nil {
			t.Error(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		if n := <-arrived; n < int64(wrote+len(f)) {
			t.Errorf("%d bytes arrived, %d were taken", n, wrote+len(f))
		}
	})
	t.Run("fails on a closed connection", func(t *testing.T) {
		if _, err := conn.TryWrite(f); err == nil {
			t.Error("a closed connection took a frame")
		}
		if err := conn.Write(f, time.Now().Add(time.Minute)); err == nil {
			t.Error("a closed connection took a frame and waited")
		}
	})
}

func FuzzConn_Read(f *testing.F) {
	f.Add(sent(f, text("hi"), ws.NewPingFrame([]byte("p")), part(ws.OpText, false, "a"), part(ws.OpContinuation, true, "b")))
	f.Add([]byte{0x81, 0xfe, 0xff, 0xff, 1, 2, 3, 4})
	f.Add([]byte{0x81, 0xff, 0, 0, 0, 0, 0, 0, 0x80, 1, 1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := readAll(newConn(readOnly{Reader: bytes.NewReader(raw)}, nil))
		if err == nil {
			t.Fatal("Read went on past the end")
		}
		for _, m := range got {
			if len(m.Data) > maxText {
				t.Fatalf("a message of %d bytes", len(m.Data))
			}
			if m.Kind == MessageText && !bytes.Equal(bytes.ToValidUTF8(m.Data, nil), m.Data) {
				t.Fatalf("text that is not UTF-8: %q", m.Data)
			}
		}
	})
}
