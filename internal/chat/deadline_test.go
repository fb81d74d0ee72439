package chat_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// lateLog appends at once, then lets something else happen, and answers only at
// its deadline.
type lateLog struct {
	chat.Log
	meanwhile func()
}

func (l *lateLog) Append(ctx context.Context, d *chat.Draft, s *chat.Scanned) (chat.Appended, error) {
	appended, err := l.Log.Append(ctx, d, s)
	if l.meanwhile != nil {
		l.meanwhile()
		<-ctx.Done()
	}
	return appended, err
}

// stuckAudience takes until its deadline to publish.
type stuckAudience struct {
	chat.Audience
	isStuck       bool
	after, within time.Duration // from the call
	began         time.Time
}

func (a *stuckAudience) Publish(ctx context.Context, _ chat.Listeners, _ chat.Event) {
	if a.isStuck {
		a.after = time.Since(a.began)
		<-ctx.Done()
		a.within = time.Since(a.began)
	}
}

// Once an entry is durable its author is answered before the deadline, whatever
// hangs. Time is that of a synctest bubble.
func TestService_Send_inTime(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		deadline, append time.Duration
		leaves           bool
	}{
		"leaves a second and a half to publish":                  {deadline: 11500 * time.Millisecond, append: 10 * time.Second},
		"leaves a quarter of a short time":                       {deadline: time.Second, append: 750 * time.Millisecond},
		"publishes for a caller who has gone, within their time": {deadline: 11500 * time.Millisecond, append: 10 * time.Second, leaves: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				log, audience := &lateLog{}, &stuckAudience{}
				h := newHouse(t, chat.Public, func(p *chat.Ports) {
					log.Log, audience.Audience = p.Log, p.Audience
					p.Log, p.Audience = log, audience
				})
				ctx, leave := context.WithTimeout(t.Context(), tc.deadline)
				defer leave()
				audience.isStuck, audience.began = true, time.Now()
				log.meanwhile = func() {}
				if tc.leaves {
					log.meanwhile = leave
				}
				h.must(h.Send(ctx, "ann", chat.Send{Write: h.write("ann"), Text: "한마디"}))
				if audience.after != tc.append || audience.within != tc.deadline {
					t.Errorf("appended after %v and published until %v, want %v and %v",
						audience.after, audience.within, tc.append, tc.deadline)
				}
				if took := time.Since(audience.began); took != tc.deadline {
					t.Errorf("the author heard after %v, want %v", took, tc.deadline)
				}
			})
		})
	}
}

// stuckHeads fails to read heads, and takes until its deadline to unsubscribe.
type stuckHeads struct {
	chat.Log
	chat.Subscriptions
	isStuck bool
}

func (s *stuckHeads) Heads(ctx context.Context, rooms []chat.RoomID) ([]chat.Head, error) {
	if s.isStuck {
		return nil, chat.Errorf(chat.CodeUnavailable, "stuck")
	}
	return s.Log.Heads(ctx, rooms)
}

func (s *stuckHeads) Unsubscribe(ctx context.Context, _ chat.ConnID, _ chat.RoomID) error {
	<-ctx.Done()
	return ctx.Err()
}

// A listener that cannot be brought up to date is told so by its deadline, even
// if its subscription cannot be undone.
func TestService_Listen_inTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stuck := &stuckHeads{}
		h := newHouse(t, chat.Public, func(p *chat.Ports) {
			stuck.Log, stuck.Subscriptions = p.Log, p.Subscriptions
			p.Log, p.Subscriptions = stuck, stuck
		})
		stuck.isStuck = true
		ctx, leave := context.WithTimeout(t.Context(), 10*time.Second)
		defer leave()
		began := time.Now()
		_, err := h.Listen(ctx, "ann", chat.Listen{Room: hall, Conn: "ann's", Limit: 10})
		if took := time.Since(began); chat.CodeOf(err) != chat.CodeUnavailable || took != 10*time.Second {
			t.Errorf("%v after %v, want unavailable after 10s", err, took)
		}
	})
}
