package chat_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

// TestService_repeated shows that a resend tells what a failed attempt did not.
// The tests below show what a resend must not tell.

func TestService_resendAfterTheMembershipChanged(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		send      func(h *house, w chat.Write) (chat.Written, error)
		meanwhile func(h *house) (chat.Written, error)
	}{
		"a removal resent after the member came back": {
			func(h *house, w chat.Write) (chat.Written, error) {
				return h.Remove(h.t.Context(), "mod", chat.Remove{Write: w, User: "ann"})
			},
			func(h *house) (chat.Written, error) { return h.Join(h.t.Context(), "ann", h.write("ann")) },
		},
		"an addition resent after the member left": {
			func(h *house, w chat.Write) (chat.Written, error) {
				return h.AddMember(h.t.Context(), "mod", chat.AddMember{Write: w, User: "eve", Role: chat.RoleMember})
			},
			func(h *house) (chat.Written, error) { return h.Leave(h.t.Context(), "eve", h.write("eve")) },
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, chat.Public, nil)
			w := h.write("mod")
			h.must(c.send(h, w))
			h.must(c.meanwhile(h))
			h.Audience.Reset()
			if again := h.must(c.send(h, w)); !again.Existed {
				t.Errorf("written again: %+v", again)
			}
			if told := h.told(); len(told) > 0 {
				t.Errorf("told what is no longer so: %+v", told)
			}
		})
	}
}

func TestService_resendBeyondTheRate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Private, nil)
	removal := chat.Remove{Write: h.write("mod"), User: "ann"}
	w := h.must(h.Remove(t.Context(), "mod", removal))
	h.Audience.Reset()
	h.Limiter.Refuse("writes:mod", time.Second)
	if again := h.must(h.Remove(t.Context(), "mod", removal)); again.Seq != w.Seq {
		t.Errorf("answered as %+v, want entry %d", again, w.Seq)
	}
	delivered := h.Audience.Delivered()
	if len(delivered) != 1 || delivered[0].User != "ann" || delivered[0].Evicted != w.Seq {
		t.Errorf("delivered %+v, want an eviction alone", delivered)
	}
}

func TestService_OpenDirect_tellsOfAnUnusedRoomAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Public, nil)
	open := func(user, other chat.UserID) (delivered int) {
		h.Audience.Reset()
		h.room = h.must(h.OpenDirect(t.Context(), user, other)).Room
		return len(h.Audience.Delivered())
	}
	if first, again := open("ann", "bob"), open("bob", "ann"); first != 3 || again != 3 {
		t.Errorf("%d deliveries of a new room, then %d; want 3: to its listeners, ann and bob", first, again)
	}
	h.Limiter.Refuse("writes:ann", time.Second)
	if n := open("ann", "bob"); n != 0 {
		t.Errorf("%d deliveries beyond the rate", n)
	}
	h.Limiter.Refuse("writes:ann", 0)
	h.send("bob", "hello")
	if n := open("ann", "bob"); n != 0 {
		t.Errorf("%d deliveries of a room in which bob has written", n)
	}
	for range chat.MaxScan {
		h.send("bob", "hello")
	}
	if n := open("bob", "ann"); n != 0 {
		t.Errorf("%d deliveries of a room longer than a scan", n)
	}
}

// outdated is a Members that still answers what it once did.
type outdated struct {
	chat.Members
	user chat.Member
}

func (b *outdated) FindMembers(ctx context.Context, room chat.RoomID, users ...chat.UserID) ([]chat.Member, error) {
	found, err := b.Members.FindMembers(ctx, room, users...)
	for i := range found {
		if found[i].User == b.user.User {
			found[i] = b.user
		}
	}
	return found, err
}

func TestService_resendThatReadTheMemberBeforeItsRemoval(t *testing.T) {
	t.Parallel()
	members := &outdated{}
	h := newHouse(t, chat.Public, func(p *chat.Ports) { members.Members, p.Members = p.Members, members })
	removal, ann := chat.Remove{Write: h.write("mod"), User: "ann"}, h.member("ann")
	w := h.must(h.Remove(t.Context(), "mod", removal))
	members.user = ann // the resend reads her before the removal and scans after it
	h.Audience.Reset()
	h.must(h.Remove(t.Context(), "mod", removal))
	if evicted := h.Audience.Delivered()[0]; evicted.User != "ann" || evicted.Evicted != w.Seq {
		t.Errorf("delivered %+v first, want an eviction", evicted)
	}
}

func TestService_Remove_evictsAfterItsCallerWentAway(t *testing.T) {
	t.Parallel()
	h, race := newRace(t, chat.Private)
	ctx, leave := context.WithCancel(t.Context())
	race(leave)
	w := h.must(h.Remove(ctx, "mod", chat.Remove{Write: h.write("mod"), User: "ann"}))
	isEviction := func(d chattest.Delivery) bool { return d.User == "ann" && d.Evicted == w.Seq }
	if w.Existed || !slices.ContainsFunc(h.Audience.Delivered(), isEviction) {
		t.Errorf("written %+v; delivered %+v", w, h.Audience.Delivered())
	}
}
