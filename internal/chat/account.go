package chat

import (
	"context"
	"errors"
	"time"
)

// SignIn creates a guest with the given name. Sign-ins are limited by address,
// which is where the request came from.
func (s *Service) SignIn(ctx context.Context, address, name string) (User, error) {
	if err := CheckName("name", name); err != nil {
		return User{}, err
	}
	if err := s.take(ctx, "sign-ins", address, s.Rates.SignIns); err != nil {
		return User{}, err
	}
	user, err := s.ports.Accounts.SaveUser(ctx, User{ID: UserID(s.NewID()), Name: name, CreatedAt: s.now()})
	return user, Wrap(err, CodeUnavailable, "save a new user")
}

// now returns the time in UTC, in whole milliseconds as stores keep it.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// Account returns a user in good standing. It fails with CodeUnauthenticated
// when the user does not exist and with CodeForbidden when the user is banned.
func (s *Service) Account(ctx context.Context, id UserID) (User, error) {
	user, err := s.ports.Accounts.User(ctx, id)
	switch {
	case err != nil:
		return User{}, Wrap(err, CodeUnavailable, "user "+string(id))
	case user.Version == 0:
		return User{}, Errorf(CodeUnauthenticated, "no such user: sign in again")
	case user.IsBanned():
		return User{}, errBanned
	}
	return user, nil
}

// changeUser applies change to the user and saves the result. It starts again
// when another save came in between.
func (s *Service) changeUser(ctx context.Context, id UserID, change func(*User)) (User, error) {
	for range maxDecisions {
		user, err := s.Account(ctx, id)
		if err != nil && CodeOf(err) != CodeForbidden {
			return User{}, err
		}
		if user.Version == 0 { // banned: only an unban may change it
			if user, err = s.ports.Accounts.User(ctx, id); err != nil {
				return User{}, Wrap(err, CodeUnavailable, "user "+string(id))
			}
		}
		change(&user)
		saved, err := s.ports.Accounts.SaveUser(ctx, user)
		if CodeOf(err) != CodeConflict {
			return saved, Wrap(err, CodeUnavailable, "save user "+string(id))
		}
	}
	return User{}, Errorf(CodeUnavailable, "the account is changing too fast: try again")
}

// LinkDevice returns a code that signs the caller in on a second device. The
// code works once and for linkTTL.
func (s *Service) LinkDevice(ctx context.Context, caller UserID) (secret string, expiresAt time.Time, err error) {
	if _, err := s.Account(ctx, caller); err != nil {
		return "", time.Time{}, err
	}
	if err := s.take(ctx, "links", string(caller), s.Rates.SignIns); err != nil {
		return "", time.Time{}, err
	}
	expiresAt = s.now().Add(linkTTL)
	secret, err = s.issue(ctx, Ticket{Kind: TicketLink, User: caller, ExpiresAt: expiresAt, UsesLeft: 1})
	return secret, expiresAt, err
}

// RedeemLink uses up a link code and returns the user who asked for it.
func (s *Service) RedeemLink(ctx context.Context, address, secret string) (User, error) {
	if err := s.take(ctx, "sign-ins", address, s.Rates.SignIns); err != nil {
		return User{}, err
	}
	t, err := s.use(ctx, TicketLink, secret, s.NewID()) // each device takes a use of its own
	if err != nil {
		return User{}, err
	}
	return s.Account(ctx, t.User)
}

// OfferOperator returns a secret that makes one user an operator. It is printed
// at the first start, or handed out at deployment.
func (s *Service) OfferOperator(ctx context.Context) (secret string, err error) {
	return s.issue(ctx, Ticket{Kind: TicketOperator, ExpiresAt: s.now().Add(operatorTTL), UsesLeft: 1})
}

// ClaimOperator makes the caller an operator. A call that failed halfway is
// completed by repeating it.
func (s *Service) ClaimOperator(ctx context.Context, caller UserID, secret string) (User, error) {
	if err := s.take(ctx, "claims", string(caller), s.Rates.SignIns); err != nil {
		return User{}, err
	}
	if _, err := s.use(ctx, TicketOperator, secret, string(caller)); err != nil {
		return User{}, err
	}
	return s.changeUser(ctx, caller, func(u *User) { u.IsOperator = true })
}

// Ban takes every right from a user, removes them from each room and closes
// their connections. A call that failed halfway is completed by repeating it.
func (s *Service) Ban(ctx context.Context, caller, id UserID) error {
	if err := s.mustOperate(ctx, caller); err != nil {
		return err
	}
	if id == caller {
		return Errorf(CodeForbidden, "an operator cannot ban themselves")
	}
	_, err := s.changeUser(ctx, id, func(u *User) {
		if !u.IsBanned() {
			u.BannedAt = s.now()
		}
	})
	if CodeOf(err) == CodeUnauthenticated {
		return Errorf(CodeNotFound, "no such user")
	}
	if err != nil {
		return err
	}
	// Closing the connections also makes up for evictions that a failed attempt
	// left out: RoomsOf no longer lists the rooms that it removed the user from.
	s.ports.Audience.Tell(context.WithoutCancel(ctx), id, SignedOut{Reason: "banned"})
	rooms, err := s.ports.Members.RoomsOf(ctx, id)
	if err != nil {
		return Wrap(err, CodeUnavailable, "rooms of "+string(id))
	}
	var failed []error
	for _, m := range rooms {
		// A direct room stays: nobody could bring its two people back into it.
		if !m.Room.IsDirect() {
			failed = append(failed, s.expel(ctx, caller, m.Room, id))
		}
	}
	return Wrap(errors.Join(failed...), CodeUnavailable, "ban "+string(id))
}

// expel removes a banned user from a room, even its last owner.
func (s *Service) expel(ctx context.Context, operator UserID, room RoomID, id UserID) error {
	_, err := s.write(ctx, command{
		caller: operator, Write: Write{Room: room}, isFree: true,
		content: Content{Kind: KindRemoved, User: id},
		reads:   reads{member: id, hasRoom: true},
		decide: func(v *view, d *Draft) (Seq, error) {
			d.relyOn(TheRoom, v.room.Touched)
			d.relyOn(MemberThing(id), v.member.Touched)
			d.Was = v.member.Role
			if !v.member.IsMember() {
				return max(v.member.Touched, 1), nil
			}
			return 0, nil
		},
	})
	if CodeOf(err) == CodeNotFound { // the room was deleted meanwhile
		return nil
	}
	return err
}

// Unban gives a user their rights back, but does not return them to any room.
func (s *Service) Unban(ctx context.Context, caller, id UserID) error {
	if err := s.mustOperate(ctx, caller); err != nil {
		return err
	}
	_, err := s.changeUser(ctx, id, func(u *User) { u.BannedAt = time.Time{} })
	if CodeOf(err) == CodeUnauthenticated {
		return Errorf(CodeNotFound, "no such user")
	}
	return err
}

func (s *Service) mustOperate(ctx context.Context, caller UserID) error {
	user, err := s.Account(ctx, caller)
	if err == nil && !user.IsOperator {
		err = Errorf(CodeForbidden, "only an operator may do that")
	}
	return err
}
