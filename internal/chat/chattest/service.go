package chattest

import (
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// Service is a chat.Service with all its ports, in memory.
type Service struct {
	*chat.Service
	Memory   *Memory
	Faults   *FaultStore // around Memory; the service sees only this
	Audience *Audience
	Limiter  *Limiter
	Clock    *Clock
	IDs      *IDs
}

// NewService returns a service without rates, whose clock stands still at
// 09:00 UTC on 1 March 2026.
func NewService() *Service {
	memory, clock, ids := NewMemory(), NewClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)), &IDs{}
	faults, audience, limiter := NewFaultStore(memory), NewAudience(clock.Now), NewLimiter(clock.Now)
	service := chat.NewService(chat.Ports{
		Log: faults, Rooms: faults, Members: faults, Marks: faults, Accounts: faults, Search: faults,
		Subscriptions: audience, Audience: audience, Limiter: limiter,
	}, clock.Now, ids.New)
	service.Rates = chat.Rates{}
	return &Service{
		Service: service, Memory: memory, Faults: faults, Audience: audience, Limiter: limiter, Clock: clock, IDs: ids,
	}
}
