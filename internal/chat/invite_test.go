package chat_test

import (
	"context"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

func TestService_invites(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Private, nil)
	_, _, err := h.CreateInvite(t.Context(), "ann", chat.Invite{Room: hall, Role: chat.RoleMember})
	if chat.CodeOf(err) != chat.CodeForbidden {
		t.Errorf("a member of a private room invited: %v", err)
	}
	_, _, err = h.CreateInvite(t.Context(), "eve", chat.Invite{Room: hall, Role: chat.RoleMember})
	if chat.CodeOf(err) != chat.CodeNotFound {
		t.Errorf("a stranger invited: %v", err)
	}
	secret, expiresAt, err := h.CreateInvite(t.Context(), "mod", chat.Invite{Room: hall, Role: chat.RoleMember, Uses: 1, TTL: time.Hour})
	if err != nil || !expiresAt.Equal(epoch.Add(time.Hour)) {
		t.Fatalf("expires %v, %v", expiresAt, err)
	}
	preview, err := h.PreviewInvite(t.Context(), "eve", secret)
	if err != nil || preview.Room.Title != "Hall" || preview.Head.Cursor != h.head() || preview.InvitedBy.Name != "name of mod" {
		t.Errorf("preview %+v, %v", preview, err)
	}
	used := h.must(h.AcceptInvite(t.Context(), "ann", secret, chat.Write{}))
	if !used.Existed {
		t.Errorf("a member joined again: %+v", used)
	}
	h.must(h.AcceptInvite(t.Context(), "eve", secret, chat.Write{}))
	if m := h.member("eve"); m.Role != chat.RoleMember {
		t.Errorf("eve is %+v", m)
	}
	h.user("fay")
	before := h.head()
	w, err := h.AcceptInvite(t.Context(), "fay", secret, chat.Write{})
	h.refused(before, chat.CodeNotFound, w, err)

	secret, _, err = h.CreateInvite(t.Context(), "mod", chat.Invite{Room: hall, Role: chat.RoleModerator, Uses: 1})
	if err != nil {
		t.Fatal(err)
	}
	h.Limiter.Refuse("writes:fay", time.Second)
	w, err = h.AcceptInvite(t.Context(), "fay", secret, chat.Write{})
	h.refused(h.head(), chat.CodeRateLimited, w, err)
	h.Limiter.Refuse("writes:fay", 0)
	h.MaxMembers = 1
	w, err = h.AcceptInvite(t.Context(), "fay", secret, chat.Write{})
	h.refused(h.head(), chat.CodeForbidden, w, err) // full, and she may know of the room
	h.MaxMembers = chat.DefaultMaxMembers
	h.must(h.SetRole(t.Context(), "olga", chat.SetRole{Write: h.write("olga"), User: "mod", Role: chat.RoleMember}))
	w, err = h.AcceptInvite(t.Context(), "fay", secret, chat.Write{})
	h.refused(h.head(), chat.CodeNotFound, w, err) // its maker could not make it any more
	h.must(h.SetRole(t.Context(), "olga", chat.SetRole{Write: h.write("olga"), User: "mod", Role: chat.RoleModerator}))
	h.must(h.AcceptInvite(t.Context(), "fay", secret, chat.Write{})) // and no refusal used it up

	h.user("gus")
	secret, _, err = h.CreateInvite(t.Context(), "mod", chat.Invite{Room: hall, Role: chat.RoleMember, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Hour)
	if _, err := h.PreviewInvite(t.Context(), "gus", secret); chat.CodeOf(err) != chat.CodeNotFound {
		t.Errorf("an expired invite: %v", err)
	}
}

// newInvite is a house with an invite of mod's that may be used so often.
func newInvite(t *testing.T, uses int) (h *house, faults *chattest.FaultStore, secret string) {
	t.Helper()
	h = newHouse(t, chat.Private, func(p *chat.Ports) {
		faults = chattest.NewFaultStore(p.Log.(*chattest.Memory))
		p.Log, p.Accounts = faults, faults
	})
	secret, _, err := h.CreateInvite(t.Context(), "mod", chat.Invite{Room: hall, Role: chat.RoleMember, Uses: uses, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return h, faults, secret
}

func (h *house) notFound(w chat.Written, err error) {
	h.t.Helper()
	h.refused(h.head(), chat.CodeNotFound, w, err)
}

func TestService_AcceptInvite_onceWhateverFails(t *testing.T) {
	t.Parallel()
	t.Run("a use is not lost by what fails after it", func(t *testing.T) {
		t.Parallel()
		for _, op := range []chattest.Op{chattest.OpUseTicket, chattest.OpAppend} {
			for _, fault := range []chattest.Fault{chattest.NotSaved, chattest.SavedButFailed} {
				for _, second := range []chat.EntryID{"eve-1", ""} { // "": a client that keeps no ids
					h, faults, secret := newInvite(t, 1)
					faults.Fail(op, 1, fault)
					_, err := h.AcceptInvite(t.Context(), "eve", secret, chat.Write{ID: "eve-1", Since: h.head()})
					if chat.CodeOf(err) != chat.CodeUnavailable {
						t.Fatalf("%s: %v", op, err)
					}
					h.must(h.AcceptInvite(t.Context(), "eve", secret, chat.Write{ID: second, Since: h.head()}))
					if m := h.member("eve"); m.Role != chat.RoleMember {
						t.Errorf("%s %d %q: eve is %+v", op, fault, second, m)
					}
					h.user("fay")
					h.notFound(h.AcceptInvite(t.Context(), "fay", secret, chat.Write{}))
				}
			}
		}
	})
	t.Run("a resend is answered though the invite has ended", func(t *testing.T) {
		t.Parallel()
		for rule, end := range map[string]func(h *house, secret string) error{
			"used up": func(*house, string) error { return nil },
			"expired": func(h *house, _ string) error { h.Clock.Advance(time.Hour); return nil },
			"revoked": func(h *house, secret string) error { return h.RevokeInvite(t.Context(), "mod", secret) },
		} {
			h, faults, secret := newInvite(t, 1)
			faults.Fail(chattest.OpAppend, 1, chattest.SavedButFailed)
			w := chat.Write{ID: "eve-1", Since: h.head()}
			if _, err := h.AcceptInvite(t.Context(), "eve", secret, w); chat.CodeOf(err) != chat.CodeUnavailable {
				t.Fatalf("%s: %v", rule, err)
			}
			if err := end(h, secret); err != nil {
				t.Fatal(err)
			}
			if again := h.must(h.AcceptInvite(t.Context(), "eve", secret, w)); !again.Existed || again.Entry == nil || again.Entry.ID != "eve-1" {
				t.Errorf("%s: answered %+v", rule, again)
			}
		}
	})
	t.Run("one who was removed needs another use", func(t *testing.T) {
		t.Parallel()
		h, _, secret := newInvite(t, 1)
		h.must(h.AcceptInvite(t.Context(), "eve", secret, h.write("eve")))
		h.must(h.Remove(t.Context(), "mod", chat.Remove{Write: h.write("mod"), User: "eve"}))
		h.notFound(h.AcceptInvite(t.Context(), "eve", secret, h.write("eve")))
	})
}

func TestService_RevokeInvite(t *testing.T) {
	t.Parallel()
	h, _, secret := newInvite(t, 10)
	for user, want := range map[chat.UserID]chat.Code{"ann": chat.CodeForbidden, "eve": chat.CodeForbidden, "ghost": chat.CodeUnauthenticated} {
		if err := h.RevokeInvite(t.Context(), user, secret); chat.CodeOf(err) != want {
			t.Errorf("%s revoked: %v, want %s", user, err, want)
		}
	}
	if err := h.RevokeInvite(t.Context(), "mod", "no secret"); chat.CodeOf(err) != chat.CodeNotFound {
		t.Errorf("no invite: %v", err)
	}
	h.must(h.AcceptInvite(t.Context(), "eve", secret, chat.Write{}))
	for _, user := range []chat.UserID{"olga", "mod"} { // a moderator of the room, and its maker
		if err := h.RevokeInvite(t.Context(), user, secret); err != nil {
			t.Errorf("%s: %v", user, err)
		}
	}
	h.user("fay")
	h.notFound(h.AcceptInvite(t.Context(), "fay", secret, chat.Write{}))
	if _, err := h.PreviewInvite(t.Context(), "fay", secret); chat.CodeOf(err) != chat.CodeNotFound {
		t.Errorf("a revoked invite: %v", err)
	}
	if m := h.member("eve"); !m.IsMember() {
		t.Errorf("whoever joined before lost the room: %+v", m)
	}
}

func TestService_RevokeInvite_races(t *testing.T) {
	t.Parallel()
	h, _, secret := newInvite(t, 10)
	accounts := &usedMeanwhile{Accounts: h.Memory, use: func() {
		_, err := h.Memory.UseTicket(t.Context(), chat.HashTicket(secret), "somebody", h.Clock.Now())
		if err != nil {
			t.Error(err)
		}
	}}
	raced := chat.NewService(chat.Ports{Log: h.Memory, Members: h.Memory, Accounts: accounts, Limiter: h.Limiter}, h.Clock.Now, h.ids.New)
	if err := raced.RevokeInvite(t.Context(), "mod", secret); err != nil {
		t.Fatal(err)
	}
	h.user("fay")
	h.notFound(h.AcceptInvite(t.Context(), "fay", secret, chat.Write{}))
}

// usedMeanwhile has a ticket used once, just before it is saved.
type usedMeanwhile struct {
	chat.Accounts
	use func()
}

func (u *usedMeanwhile) SaveTicket(ctx context.Context, t chat.Ticket, now time.Time) error {
	if u.use != nil {
		u.use()
		u.use = nil
	}
	return u.Accounts.SaveTicket(ctx, t, now)
}

func TestService_ClaimOperator_again(t *testing.T) {
	t.Parallel()
	var faults *chattest.FaultStore
	h := newHouse(t, chat.Public, func(p *chat.Ports) {
		faults = chattest.NewFaultStore(p.Log.(*chattest.Memory))
		p.Accounts = faults
	})
	secret, err := h.OfferOperator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	faults.Fail(chattest.OpSaveUser, 1, chattest.NotSaved)
	if _, err := h.ClaimOperator(t.Context(), "ann", secret); chat.CodeOf(err) != chat.CodeUnavailable {
		t.Fatal(err)
	}
	if _, err := h.ClaimOperator(t.Context(), "bob", secret); chat.CodeOf(err) != chat.CodeNotFound {
		t.Errorf("another's claim: %v", err)
	}
	if user, err := h.ClaimOperator(t.Context(), "ann", secret); err != nil || !user.IsOperator {
		t.Errorf("the same claim again: %+v, %v", user, err)
	}
}
