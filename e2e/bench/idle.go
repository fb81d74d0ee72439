package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/internal/chat"
)

const (
	idlers     = 10_000
	idleInRoom = 100
	// idleSettles is how long after the last join memory is read.
	idleSettles = 3 * time.Second
)

// prepared is a data folder and the people who are signed in there, made once and
// used by several runs: tokens outlive the process.
type prepared struct {
	folder string
	people []*client.Account
}

// prepare returns the folder of that name, which the first call makes and fills.
func (b *bench) prepare(ctx context.Context, name string, people int, fill func(*server, []*client.Account) error) (*prepared, error) {
	if p := b.prepared[name]; p != nil {
		return p, nil
	}
	folder, err := os.MkdirTemp(b.folder, name+"-")
	if err != nil {
		return nil, err
	}
	s, err := b.start(ctx, folder)
	if err != nil {
		return nil, err
	}
	defer s.Kill()
	p := &prepared{folder: folder}
	if p.people, err = crowd(ctx, s.URL(), people); err != nil {
		return nil, err
	}
	if err := fill(s, p.people); err != nil {
		return nil, err
	}
	if b.prepared == nil {
		b.prepared = map[string]*prepared{}
	}
	b.prepared[name] = p
	const limit = 10 * time.Second
	if _, _, err := s.Stop(limit); err != nil {
		return nil, err
	}
	return p, nil
}

// at points the people to a server that was started on their folder.
func (p *prepared) at(s *server) {
	for _, who := range p.people {
		who.Home = s.URL()
		who.Socket = "ws" + s.URL()[len("http"):] + "/socket"
	}
}

func idleRoom(i int) chat.RoomID { return chat.RoomID(fmt.Sprintf("room-%d", i/idleInRoom)) }

// idle measures the memory of connections that have joined a room in which
// nothing happens, and what it costs to open them.
func idle(ctx context.Context, b *bench) ([]figure, error) {
	p, err := b.prepare(ctx, "idle", idlers, func(_ *server, people []*client.Account) error {
		for i := 0; i < len(people); i += idleInRoom {
			if err := settle(ctx, idleRoom(i), people[i:i+idleInRoom]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s, err := b.start(ctx, p.folder)
	if err != nil {
		return nil, err
	}
	defer s.Kill()
	p.at(s)
	memory, err := s.memory()
	if err != nil {
		return nil, err
	}
	cpu, err := s.cpu()
	if err != nil {
		return nil, err
	}
	seats := make([]*seat, len(p.people))
	defer func() {
		for _, seat := range seats {
			if seat != nil {
				_ = seat.conn.Close()
			}
		}
	}()
	err = atOnce(len(p.people), func(i int) (err error) {
		seats[i], err = sit(ctx, p.people[i], idleRoom(i), true)
		return err
	})
	if err != nil {
		return nil, err
	}
	cpuAfter, err := s.cpu()
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, idleSettles); err != nil {
		return nil, err
	}
	memoryAfter, err := s.memory()
	const kib = 1024
	return []figure{
		{name: "memory of a connection", value: float64(memoryAfter-memory) / idlers / kib, unit: "KiB", bar: 16},
		{name: "CPU to connect and join", value: float64((cpuAfter - cpu).Microseconds()) / idlers, unit: "µs"},
	}, err
}
