package wsserver

import (
	"context"
	"time"

	"github.com/gobwas/ws"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

const (
	// sweepInterval is how often all connections are looked at: one goroutine
	// with one ticker, in place of timers for each.
	sweepInterval = 15 * time.Second
	// idleSweeps is for how many sweeps a peer may send nothing: ten minutes, the
	// limit of API Gateway.
	idleSweeps = uint32(10 * time.Minute / sweepInterval)
	// quietSweeps is after how many sweeps without a write a ping is sent: many
	// proxies close a connection that is silent for 60 s.
	quietSweeps = uint32(45 * time.Second / sweepInterval)
)

func (h *Hub) sweepForever() {
	defer close(h.swept)
	for {
		select {
		case <-h.work.Done():
			return
		case now := <-h.sweeper.C:
			h.sweep(now)
		}
	}
}

// sweep closes connections that are idle or whose token has expired, pings quiet
// ones, and forgets rooms that nobody listens to.
func (h *Hub) sweep(now time.Time) {
	tick := h.tick.Add(1)
	ping := &item{frame: controlFrame(ws.OpPing, nil)}
	var woken []*connection
	for _, c := range h.all() {
		switch {
		case c.expires > 0 && now.Unix() >= c.expires:
			c.part(wire.ReasonLifetime)
		case tick-c.heard.Load() > idleSweeps:
			c.part(wire.ReasonIdle)
		case tick-c.sent.Load() >= quietSweeps && c.push(ping):
			woken = append(woken, c)
		}
	}
	flushAll(woken)
	h.tidyRooms(now)
}

func (h *Hub) all() []*connection {
	h.mu.RLock()
	defer h.mu.RUnlock()
	conns := make([]*connection, 0, len(h.conns))
	for _, c := range h.conns {
		conns = append(conns, c)
	}
	return conns
}

func (h *Hub) tidyRooms(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, r := range h.rooms {
		if r.tidy(now) {
			delete(h.rooms, id)
		}
	}
}

// Shutdown refuses new connections, tells the open ones that they are about to
// close, lets them finish what is under way, and returns when all have ended. If
// ctx ends first, it cuts off those that are left and returns ctx's error.
func (h *Hub) Shutdown(ctx context.Context) error {
	h.mu.Lock()
	h.isClosing = true
	h.mu.Unlock()
	for _, c := range h.all() {
		c.part(wire.ReasonShutdown)
	}
	ended := make(chan struct{})
	go func() {
		h.live.Wait()
		close(ended)
	}()
	var err error
	select {
	case <-ended:
	case <-ctx.Done():
		err = chat.Wrap(ctx.Err(), chat.CodeUnavailable, "close all connections")
	}
	h.abort()
	for _, c := range h.all() {
		c.kill()
	}
	<-ended
	if h.poller != nil { // no connection is left that could start one
		h.poller.close()
	}
	h.sweeper.Stop()
	<-h.swept
	return err
}

// Counts are the figures of a hub for its operator.
type Counts struct {
	// Connections counts the open connections; Rooms the rooms that have
	// listeners, or had until lately.
	Connections, Rooms int
	// Behind counts how often a connection's pushes of a room were dropped; Cut
	// counts connections that were closed because a write took longer than 10 s.
	// Both are since the start.
	Behind, Cut int64
}

// Counts returns the counts as they are now.
func (h *Hub) Counts() Counts {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return Counts{
		Connections: len(h.conns), Rooms: len(h.rooms),
		Behind: h.behind.Load(), Cut: h.cut.Load(),
	}
}

// Connections counts the open connections.
func (h *Hub) Connections() int { return h.Counts().Connections }
