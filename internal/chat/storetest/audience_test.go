package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

// brokenAudience is the audience in memory, with methods that can be replaced.
type brokenAudience struct {
	*chattest.Audience
	subscribe   func(context.Context, chat.ConnID, chat.UserID, chat.RoomID) error
	unsubscribe func(context.Context, chat.ConnID, chat.RoomID) error
	hidden      func(context.Context, chat.ConnID, bool) error
	disconnect  func(context.Context, chat.ConnID) error
	publish     func(context.Context, chat.Listeners, chat.Event)
	tell        func(context.Context, chat.UserID, chat.Event)
	evict       func(context.Context, chat.RoomID, chat.UserID, chat.Seq)
}

func newBrokenAudience(sabotage func(*brokenAudience)) *brokenAudience {
	a := chattest.NewAudience(time.Now)
	b := &brokenAudience{
		Audience: a, subscribe: a.Subscribe, unsubscribe: a.Unsubscribe, hidden: a.Hidden, disconnect: a.Disconnect,
		publish: a.Publish, tell: a.Tell, evict: a.Evict,
	}
	sabotage(b)
	return b
}

func (b *brokenAudience) Subscribe(ctx context.Context, conn chat.ConnID, user chat.UserID, room chat.RoomID) error {
	return b.subscribe(ctx, conn, user, room)
}

func (b *brokenAudience) Unsubscribe(ctx context.Context, conn chat.ConnID, room chat.RoomID) error {
	return b.unsubscribe(ctx, conn, room)
}

func (b *brokenAudience) Hidden(ctx context.Context, conn chat.ConnID, isHidden bool) error {
	return b.hidden(ctx, conn, isHidden)
}

func (b *brokenAudience) Disconnect(ctx context.Context, conn chat.ConnID) error {
	return b.disconnect(ctx, conn)
}

func (b *brokenAudience) Publish(ctx context.Context, to chat.Listeners, event chat.Event) {
	b.publish(ctx, to, event)
}

func (b *brokenAudience) Tell(ctx context.Context, user chat.UserID, event chat.Event) {
	b.tell(ctx, user, event)
}

func (b *brokenAudience) Evict(ctx context.Context, room chat.RoomID, user chat.UserID, seq chat.Seq) {
	b.evict(ctx, room, user, seq)
}

// home returns the audience as a home. Each connection listens to a room of its
// own from the start, because the audience in memory knows no other connections.
func (b *brokenAudience) home(t testing.TB) AudienceHome {
	return AudienceHome{
		Subscriptions: b, Audience: b, Log: chattest.NewMemory(),
		Connect: func(user chat.UserID) chat.ConnID {
			conn := chat.ConnID(unique("conn"))
			if err := b.Audience.Subscribe(t.Context(), conn, user, uniqueRoom()); err != nil {
				t.Fatal(err)
			}
			return conn
		},
		Told: func(conn chat.ConnID) (told []Told) {
			for _, event := range b.Heard(conn) {
				switch e := event.(type) {
				case *chat.EntryAppended:
					told = append(told, Told{e.Entry.Room, e.Entry.Seq})
				case chat.RoomGained:
					told = append(told, Told{Room: e.Room})
				}
			}
			return told
		},
	}
}

func TestRunAudience(t *testing.T) {
	t.Parallel()
	RunAudience(t, AudienceHarness{Run: func(t *testing.T, do func(testing.TB, AudienceHome)) {
		do(t, newBrokenAudience(func(*brokenAudience) {}).home(t))
	}})
}

func TestRunAudience_findsBrokenOnes(t *testing.T) {
	t.Parallel()
	for name, sabotage := range map[string]func(*brokenAudience){
		"subscribes nobody": func(b *brokenAudience) {
			b.subscribe = func(context.Context, chat.ConnID, chat.UserID, chat.RoomID) error { return nil }
		},
		"unsubscribes nobody": func(b *brokenAudience) {
			b.unsubscribe = func(context.Context, chat.ConnID, chat.RoomID) error { return nil }
		},
		"hides nothing": func(b *brokenAudience) {
			b.hidden = func(context.Context, chat.ConnID, bool) error { return nil }
		},
		"keeps who disconnects": func(b *brokenAudience) {
			b.disconnect = func(context.Context, chat.ConnID) error { return nil }
		},
		"evicts nobody": func(b *brokenAudience) {
			b.evict = func(context.Context, chat.RoomID, chat.UserID, chat.Seq) {}
		},
		"publishes twice": func(b *brokenAudience) {
			b.publish = func(ctx context.Context, to chat.Listeners, event chat.Event) {
				b.Audience.Publish(ctx, to, event)
				b.Audience.Publish(ctx, to, event)
			}
		},
		"ignores what was passed": func(b *brokenAudience) {
			b.publish = func(ctx context.Context, to chat.Listeners, event chat.Event) {
				e := *event.(*chat.EntryAppended)
				e.Passed = nil
				b.Audience.Publish(ctx, to, &e)
			}
		},
		"tells nobody": func(b *brokenAudience) { b.tell = func(context.Context, chat.UserID, chat.Event) {} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range audienceCases {
				if fails(t, func(r testing.TB) { c.check(r, newBrokenAudience(sabotage).home(r)) }) {
					return
				}
			}
			t.Error("no case fails")
		})
	}
}
