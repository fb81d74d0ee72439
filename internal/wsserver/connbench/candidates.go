package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
	"github.com/lxzan/gws"
)

// candidate is a library with the way its queues are drained.
type candidate struct {
	upgrade func(http.ResponseWriter, *http.Request) (conn, error)
	drain   func([]*receiver)
}

var candidates = map[string]candidate{
	"coder":           {upgradeCoder, goroutineEach},
	"gws":             {upgradeGWS, goroutineEach},
	"gobwas":          {upgradeGobwas, goroutineEach},
	"gobwas-bare":     {upgradeBare, goroutineEach},
	"gobwas-trywrite": {upgradeTrying, goroutineForAll},
	"gobwas-inline":   {upgradeTrying, inline},
}

func candidateNames() []string { return slices.Sorted(maps.Keys(candidates)) }

// goroutineEach starts a goroutine for each queue that became non-empty.
func goroutineEach(woken []*receiver) {
	for _, r := range woken {
		go r.drain()
	}
}

// goroutineForAll starts one goroutine for all queues that one message woke.
// One slow reader would hold up the rest, so it needs writes that do not block.
func goroutineForAll(woken []*receiver) {
	if len(woken) == 0 {
		return
	}
	go func() {
		for _, r := range woken {
			r.drain()
		}
	}()
}

// inline writes in the goroutine that publishes.
func inline(woken []*receiver) {
	for _, r := range woken {
		r.drain()
	}
}

var joined = sync.Pool{New: func() any { b := make([]byte, 0, 32<<10); return &b }}

// appendJoined appends the texts of the batch, joined by newlines.
func appendJoined(buf []byte, batch []*message) []byte {
	for i, m := range batch {
		if i > 0 {
			buf = append(buf, '\n')
		}
		buf = append(buf, m.text...)
	}
	return buf
}

type coderConn struct{ c *websocket.Conn }

func upgradeCoder(w http.ResponseWriter, r *http.Request) (conn, error) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"maru.v1"}, InsecureSkipVerify: true})
	if err != nil {
		return nil, err
	}
	c.SetReadLimit(32 << 10)
	return coderConn{c}, nil
}

func (c coderConn) serve() {
	for {
		if _, _, err := c.c.Read(context.Background()); err != nil {
			_ = c.c.CloseNow()
			return
		}
	}
}

func (c coderConn) writeBatch(batch []*message) error {
	if len(batch) == 1 {
		return c.c.Write(context.Background(), websocket.MessageText, batch[0].text)
	}
	buf := joined.Get().(*[]byte)
	defer joined.Put(buf)
	return c.c.Write(context.Background(), websocket.MessageText, appendJoined((*buf)[:0], batch))
}

type gwsConn struct{ c *gws.Conn }

var gwsUpgrader = gws.NewUpgrader(&gws.BuiltinEventHandler{}, &gws.ServerOption{
	SubProtocols: []string{"maru.v1"}, ReadBufferSize: 512, ReadMaxPayloadSize: 32 << 10, CheckUtf8Enabled: true,
})

func upgradeGWS(w http.ResponseWriter, r *http.Request) (conn, error) {
	c, err := gwsUpgrader.Upgrade(w, r)
	return gwsConn{c}, err
}

func (c gwsConn) serve() { c.c.ReadLoop() }

func (c gwsConn) writeBatch(batch []*message) error {
	if len(batch) == 1 {
		return c.c.WriteMessage(gws.OpcodeText, batch[0].text)
	}
	buf := joined.Get().(*[]byte)
	defer joined.Put(buf)
	return c.c.WriteMessage(gws.OpcodeText, appendJoined((*buf)[:0], batch))
}

var gobwasUpgrader = ws.HTTPUpgrader{Protocol: func(p string) bool { return p == "maru.v1" }}

// gobwasConn reads through a small buffer of its own.
type gobwasConn struct{ c net.Conn }

func upgradeGobwas(w http.ResponseWriter, r *http.Request) (conn, error) {
	c, _, _, err := gobwasUpgrader.Upgrade(r, w)
	return gobwasConn{c}, err
}

func (c gobwasConn) serve() {
	defer c.c.Close()
	in := bufio.NewReaderSize(c.c, 512)
	scratch := make([]byte, ws.MaxHeaderSize)
	for {
		h, err := ws.ReadHeaderBuffer(in, scratch)
		if err != nil || h.Length > 32<<10 {
			return
		}
		if _, err := io.CopyN(io.Discard, in, h.Length); err != nil {
			return
		}
	}
}

func (c gobwasConn) writeBatch(batch []*message) error { return writeFrame(c.c, batch) }

func writeFrame(w io.Writer, batch []*message) error {
	if len(batch) == 1 {
		_, err := w.Write(batch[0].frame)
		return err
	}
	buf := joined.Get().(*[]byte)
	defer joined.Put(buf)
	b := appendJoined(append((*buf)[:0], 0x81, 126, 0, 0), batch)
	b[2], b[3] = byte((len(b)-4)>>8), byte(len(b)-4)
	_, err := w.Write(b)
	return err
}

// bareConn holds no buffer while it waits, only the longest header of a frame:
// a real one takes a buffer from a pool once that has begun to arrive.
type bareConn struct {
	net.Conn
	head [ws.MaxHeaderSize]byte
}

func upgradeBare(w http.ResponseWriter, r *http.Request) (conn, error) {
	c, _, _, err := gobwasUpgrader.Upgrade(r, w)
	return &bareConn{Conn: c}, err
}

func (c *bareConn) serve() {
	defer c.Close()
	for {
		if _, err := c.Read(c.head[:]); err != nil {
			return
		}
		buf := joined.Get().(*[]byte)
		_, err := c.Read((*buf)[:4096])
		joined.Put(buf)
		if err != nil {
			return
		}
	}
}

func (c *bareConn) writeBatch(batch []*message) error { return writeFrame(c, batch) }

// tryingConn is a bareConn whose write tries once without waiting, and waits
// only when the socket is full.
type tryingConn struct {
	bareConn
	raw syscall.RawConn
}

func upgradeTrying(w http.ResponseWriter, r *http.Request) (conn, error) {
	c, _, _, err := gobwasUpgrader.Upgrade(r, w)
	if err != nil {
		return nil, err
	}
	raw, err := c.(*net.TCPConn).SyscallConn()
	return &tryingConn{bareConn{Conn: c}, raw}, err
}

func (c *tryingConn) writeBatch(batch []*message) error { return writeFrame(c, batch) }

func (c *tryingConn) Write(p []byte) (int, error) {
	var n int
	var failed error
	err := c.raw.Write(func(fd uintptr) bool {
		n, failed = syscall.Write(int(fd), p)
		return true
	})
	if failed == syscall.EAGAIN || (failed == nil && n < len(p)) {
		n = max(n, 0)
		m, err := c.Conn.Write(p[n:])
		return n + m, err
	}
	return n, errors.Join(err, failed)
}
