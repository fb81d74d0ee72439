// Package apigwtest supports tests of the serverless home's connections and pushes:
// [Rows] keeps the rows of connections in memory, [RunRows] is the suite for such
// rows wherever they are kept, and [Gateway] is an @connections API on loopback that
// fails on demand. No program imports it.
package apigwtest

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/chat"
)

// Rows keeps rows in memory. The zero value is empty and ready. It is safe for
// concurrent use.
type Rows struct {
	mu          sync.Mutex
	connections map[chat.ConnID]apigw.Row
	listeners   map[place]apigw.Row
	evicted     map[chat.RoomID]map[chat.UserID]chat.Seq
	err         error
	calls       map[string]int
}

type place struct {
	room chat.RoomID
	conn chat.ConnID
}

var (
	_ apigw.ConnectionRows = (*Rows)(nil)
	_ apigw.ListenerRows   = (*Rows)(nil)
)

// Fail lets every later call fail with err; nil ends that.
func (r *Rows) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// Calls counts the calls of each method so far, those that failed too.
func (r *Rows) Calls(method string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[method]
}

// Follow does what a store does with the rows when an entry is appended: a
// removal evicts, and joining ends that.
func (r *Rows) Follow(e *chat.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e.Kind {
	case chat.KindLeft, chat.KindRemoved:
		if r.evicted == nil {
			r.evicted = map[chat.RoomID]map[chat.UserID]chat.Seq{}
		}
		if r.evicted[e.Room] == nil {
			r.evicted[e.Room] = map[chat.UserID]chat.Seq{}
		}
		r.evicted[e.Room][e.User] = e.Seq
	case chat.KindJoined:
		delete(r.evicted[e.Room], e.User)
	}
}

// do runs one call under the lock, unless calls are to fail.
func (r *Rows) do(ctx context.Context, method string, call func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calls == nil {
		r.calls = map[string]int{}
		r.connections = map[chat.ConnID]apigw.Row{}
		r.listeners = map[place]apigw.Row{}
	}
	r.calls[method]++
	if err := ctx.Err(); err != nil {
		return chat.Wrap(err, chat.CodeUnavailable, method)
	}
	if r.err == nil {
		call()
	}
	return r.err
}

// SaveConnection implements [apigw.ConnectionRows].
func (r *Rows) SaveConnection(ctx context.Context, row apigw.Row) error {
	return r.do(ctx, "SaveConnection", func() { r.connections[row.Conn] = row })
}

// ConnectionsOf implements [apigw.ConnectionRows].
func (r *Rows) ConnectionsOf(ctx context.Context, user chat.UserID) (found []apigw.Row, err error) {
	err = r.do(ctx, "ConnectionsOf", func() {
		for _, row := range r.connections {
			if row.User == user {
				found = append(found, row)
			}
		}
	})
	slices.SortFunc(found, byConn)
	return found, err
}

func byConn(a, b apigw.Row) int { return strings.Compare(string(a.Conn), string(b.Conn)) }

// RemoveConnection implements [apigw.ConnectionRows].
func (r *Rows) RemoveConnection(ctx context.Context, user chat.UserID, conn chat.ConnID) error {
	return r.do(ctx, "RemoveConnection", func() {
		if r.connections[conn].User != user {
			return
		}
		delete(r.connections, conn)
		for at := range r.listeners {
			if at.conn == conn {
				delete(r.listeners, at)
			}
		}
	})
}

// HideConnection implements [apigw.ConnectionRows].
func (r *Rows) HideConnection(ctx context.Context, conn chat.ConnID, isHidden bool) error {
	return r.do(ctx, "HideConnection", func() {
		for at, row := range r.listeners {
			if at.conn == conn {
				row.IsHidden = isHidden
				r.listeners[at] = row
			}
		}
	})
}

// SaveListener implements [apigw.ListenerRows].
func (r *Rows) SaveListener(ctx context.Context, row apigw.Row) error {
	return r.do(ctx, "SaveListener", func() { r.listeners[place{row.Room, row.Conn}] = row })
}

// RemoveListener implements [apigw.ListenerRows].
func (r *Rows) RemoveListener(ctx context.Context, room chat.RoomID, conn chat.ConnID) error {
	return r.do(ctx, "RemoveListener", func() { delete(r.listeners, place{room, conn}) })
}

// Page implements [apigw.ListenerRows].
func (r *Rows) Page(ctx context.Context, room chat.RoomID, after chat.ConnID, limit int) (page apigw.Page, err error) {
	err = r.do(ctx, "Page", func() {
		for at, row := range r.listeners {
			if at.room == room && at.conn > after {
				page.Listeners = append(page.Listeners, row)
			}
		}
		page.Evicted = map[chat.UserID]chat.Seq{}
		for user, seq := range r.evicted[room] {
			page.Evicted[user] = seq
		}
	})
	slices.SortFunc(page.Listeners, byConn)
	if len(page.Listeners) > limit {
		page.Listeners = page.Listeners[:limit]
		page.Next = page.Listeners[limit-1].Conn
	}
	return page, err
}

// EvictedAt implements [apigw.ListenerRows].
func (r *Rows) EvictedAt(ctx context.Context, room chat.RoomID, user chat.UserID) (seq chat.Seq, err error) {
	err = r.do(ctx, "EvictedAt", func() { seq = r.evicted[room][user] })
	return seq, err
}
