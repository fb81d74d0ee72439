package chat

import (
	"context"
	"fmt"
	"time"
)

// Invite asks for a link into a room.
type Invite struct {
	Room RoomID
	// Role is what those who accept it become, at most the caller's own.
	Role Role
	// TTL is at most 90 days; 0 means seven days.
	TTL time.Duration
	// Uses is 1 to 1,000; 0 means 100.
	Uses int
}

// Bounds and defaults of invites.
const (
	maxInviteUses     = 1000
	defaultInviteUses = 100
	defaultInviteTTL  = 7 * 24 * time.Hour
)

// CreateInvite returns a secret that lets its holders into the room. Whoever may
// add members may create one.
func (s *Service) CreateInvite(ctx context.Context, caller UserID, c Invite) (secret string, expiresAt time.Time, err error) {
	if c.TTL == 0 {
		c.TTL = defaultInviteTTL
	}
	if c.Uses == 0 {
		c.Uses = defaultInviteUses
	}
	if !c.Role.Valid() || c.TTL < 0 || c.TTL > maxInvite || c.Uses < 0 || c.Uses > maxInviteUses {
		return "", time.Time{}, Errorf(CodeInvalid, "an invite needs a role, 1 to %d uses and at most 90 days", maxInviteUses)
	}
	room, member, err := s.mayRead(ctx, caller, c.Room)
	if err == nil {
		err = mayInvite(room.Visibility, member, c.Role)
	}
	if err == nil {
		err = s.take(ctx, "writes", string(caller), s.Rates.Writes)
	}
	if err != nil {
		return "", time.Time{}, err
	}
	expiresAt = s.now().Add(c.TTL)
	secret, err = s.issue(ctx, Ticket{
		Kind: TicketInvite, User: caller, Room: c.Room, Role: c.Role, ExpiresAt: expiresAt, UsesLeft: c.Uses,
	})
	return secret, expiresAt, err
}

// InvitePreview is what the holder of an invite sees before accepting it. New
// members see the room's history, and a client that shows a preview says so.
type InvitePreview struct {
	Room      Room
	Role      Role
	Head      Head
	InvitedBy Member
	ExpiresAt time.Time
}

// PreviewInvite shows where an invite leads.
func (s *Service) PreviewInvite(ctx context.Context, caller UserID, secret string) (InvitePreview, error) {
	if _, err := s.Account(ctx, caller); err != nil {
		return InvitePreview{}, err
	}
	if err := s.take(ctx, "reads", string(caller), s.Rates.Reads); err != nil {
		return InvitePreview{}, err
	}
	t, err := s.ticket(ctx, TicketInvite, secret)
	if err == nil && (t.UsesLeft < 1 || t.hasExpired(s.now())) {
		err = errNoTicket
	}
	if err != nil {
		return InvitePreview{}, err
	}
	p := InvitePreview{Role: t.Role, ExpiresAt: t.ExpiresAt}
	var heads []Head
	var inviter []Member
	err = s.Together(
		func() (err error) { p.Room, err = s.room(ctx, t.Room); return err },
		func() (err error) { heads, err = s.ports.Log.Heads(ctx, []RoomID{t.Room}); return err },
		func() (err error) { inviter, err = s.ports.Members.FindMembers(ctx, t.Room, t.User); return err },
	)
	if err != nil {
		return InvitePreview{}, Wrap(err, CodeUnavailable, "preview of an invite")
	}
	if !p.Room.Exists() || mayInvite(p.Room.Visibility, inviter[0], t.Role) != nil {
		return InvitePreview{}, errNoTicket
	}
	p.Head, p.InvitedBy = heads[0], inviter[0]
	return p, nil
}

// AcceptInvite joins the room that the invite leads to. A caller who already
// joined takes no use of the invite, and succeeds even when it has ended.
func (s *Service) AcceptInvite(ctx context.Context, caller UserID, secret string, w Write) (Written, error) {
	t, err := s.ticket(ctx, TicketInvite, secret)
	if err != nil {
		return Written{}, err
	}
	w.Room = t.Room
	isInvited := t.UsesLeft > 0 && !t.hasExpired(s.now())
	return s.join(ctx, caller, entrance{Write: w, role: t.Role, isInvited: isInvited, mayEnter: func(v *view, d *Draft) error {
		if err := s.stillInvites(ctx, v, d, t); err != nil {
			return err
		}
		// Joining again after a failure takes no second use, even under another
		// entry id. Joining again after having left or been removed does.
		by := fmt.Sprintf("%s/%d", caller, v.author.Touched)
		_, err := s.use(ctx, TicketInvite, secret, by)
		return err
	}})
}

// stillInvites refuses an invite that its maker could no longer create.
func (s *Service) stillInvites(ctx context.Context, v *view, d *Draft, t Ticket) error {
	inviters, err := s.ports.Members.FindMembers(ctx, t.Room, t.User)
	if err != nil {
		return Wrap(err, CodeUnavailable, "member "+string(t.User))
	}
	d.relyOn(MemberThing(t.User), inviters[0].Touched)
	if mayInvite(v.room.Visibility, inviters[0], t.Role) != nil {
		return errNoTicket
	}
	return nil
}

// RevokeInvite ends an invite now. Its maker and moderators of its room may do
// so. It succeeds when the invite has already ended.
func (s *Service) RevokeInvite(ctx context.Context, caller UserID, secret string) error {
	if _, err := s.Account(ctx, caller); err != nil {
		return err
	}
	if err := s.take(ctx, "writes", string(caller), s.Rates.Writes); err != nil {
		return err
	}
	for range maxDecisions {
		t, err := s.ticket(ctx, TicketInvite, secret)
		if err == nil {
			err = s.mayRevoke(ctx, caller, t)
		}
		if err != nil || t.hasExpired(s.now()) {
			return err
		}
		t.ExpiresAt = s.now()
		err = s.ports.Accounts.SaveTicket(ctx, t, s.now())
		if CodeOf(err) != CodeConflict { // a conflict: somebody has just used it
			return Wrap(err, CodeUnavailable, "revoke an invite")
		}
	}
	return Errorf(CodeUnavailable, "the invite is changing too fast: try again")
}

func (s *Service) mayRevoke(ctx context.Context, caller UserID, t Ticket) error {
	if t.User == caller {
		return nil
	}
	members, err := s.ports.Members.FindMembers(ctx, t.Room, caller)
	if err != nil {
		return Wrap(err, CodeUnavailable, "member "+string(caller))
	}
	if !members[0].Role.AtLeast(RoleModerator) {
		return Errorf(CodeForbidden, "only its maker or a moderator of the room may revoke an invite")
	}
	return nil
}
