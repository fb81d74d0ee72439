package dynamostore

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/faultproxy"
)

// patientCall is one call of the store and the request that it makes.
type patientCall struct {
	operation string
	call      func(context.Context, *Store, string) error
}

var patientCalls = []patientCall{
	{"GetItem", func(ctx context.Context, s *Store, id string) error {
		_, err := s.User(ctx, chat.UserID(id))
		return err
	}},
	{"BatchGetItem", func(ctx context.Context, s *Store, id string) error {
		_, err := s.FindMembers(ctx, chat.RoomID(id), "a", "b")
		return err
	}},
	{"Query", func(ctx context.Context, s *Store, id string) error {
		_, err := s.RoomsOf(ctx, chat.UserID(id))
		return err
	}},
	{"PutItem", func(ctx context.Context, s *Store, id string) error {
		_, err := s.SaveUser(ctx, chat.User{ID: chat.UserID(id), Name: "가람"})
		return err
	}},
	{"UpdateItem", func(ctx context.Context, s *Store, id string) error {
		_, err := s.Take(ctx, id, chat.Rate{Burst: 9, Every: time.Second})
		return err
	}},
	{"TransactWriteItems", func(ctx context.Context, s *Store, id string) error {
		d := creationOf(chat.RoomID(id), 1)
		d.Since = chat.Cursor{}
		_, err := s.Append(ctx, d, &chat.Scanned{})
		return err
	}},
}

func TestStore_repeatsWhatWasRefusedForNow(t *testing.T) {
	t.Parallel()
	for _, c := range patientCalls {
		t.Run(c.operation, func(t *testing.T) {
			t.Parallel()
			p := startProxy(t, faultproxy.Config{Seed: 1})
			s := openAt(t, p.Endpoint())
			p.Script(c.operation, faultproxy.Throttled, faultproxy.Refused, faultproxy.Cut, faultproxy.Throttled)
			if err := c.call(t.Context(), s, rand.Text()); err != nil {
				t.Fatal(err)
			}
			if n := p.Counts()[c.operation]; n != 5 {
				t.Errorf("%d requests, want 5: four refused and one that came through", n)
			}
		})
	}
}

// TestStore_saysWhenToComeBack lets every call be refused: the caller hears of
// it while there is time to answer.
func TestStore_saysWhenToComeBack(t *testing.T) {
	t.Parallel()
	for _, fault := range []faultproxy.Fault{faultproxy.Throttled, faultproxy.Refused} {
		for _, c := range patientCalls {
			t.Run(fault.String()+" "+c.operation, func(t *testing.T) {
				t.Parallel()
				p := startProxy(t, faultproxy.Config{
					Seed: 1, Rates: faultproxy.Rates{fault: 1}, Operations: []string{c.operation},
				})
				ctx, done := context.WithTimeout(t.Context(), 2*time.Second)
				defer done()
				err := c.call(ctx, openAt(t, p.Endpoint()), rand.Text())
				isInTime := ctx.Err() == nil
				var refused *chat.Error
				if !errors.As(err, &refused) || refused.Code != chat.CodeUnavailable || refused.RetryAfter <= 0 || !isInTime {
					t.Errorf("got %v, in time %t; want unavailable and when to come back, in time", err, isInTime)
				}
				if p.Counts()[c.operation] < 2 {
					t.Errorf("tried %d times", p.Counts()[c.operation])
				}
			})
		}
	}
}
