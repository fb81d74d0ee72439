package chat

import (
	"context"
	"errors"
	"strconv"
)

// Join makes the caller a member of a public room.
func (s *Service) Join(ctx context.Context, caller UserID, w Write) (Written, error) {
	return s.join(ctx, caller, entrance{Write: w, role: RoleMember, mayEnter: func(v *view, _ *Draft) error {
		if v.room.Visibility != Public {
			return errNoRoom
		}
		return nil
	}})
}

// entrance is a way into a room.
type entrance struct {
	Write
	role Role
	// mayEnter is called last, and not for those who are already in the room.
	mayEnter func(*view, *Draft) error
	// isInvited says that the caller may know of the room even if it is private.
	isInvited bool
}

// join writes the caller's own joined entry.
func (s *Service) join(ctx context.Context, caller UserID, way entrance) (Written, error) {
	user, err := s.ports.Accounts.User(ctx, caller)
	if err != nil {
		return Written{}, Wrap(err, CodeUnavailable, "user "+string(caller))
	}
	return s.write(ctx, command{
		caller: caller, Write: way.Write, isInvited: way.isInvited,
		content: Content{Kind: KindJoined, User: caller, Name: user.Name, Role: way.role},
		reads:   reads{hasRoom: true},
		decide: func(v *view, d *Draft) (Seq, error) {
			d.relyOn(TheRoom, v.room.Touched)
			if v.author.IsMember() {
				return v.author.Touched, nil
			}
			if v.limitErr != nil { // before an invite is used up
				return 0, v.limitErr
			}
			if err := s.hasPlace(v); err != nil {
				return 0, err
			}
			if err := s.hasRoomForRoom(ctx, caller); err != nil {
				return 0, err
			}
			return 0, way.mayEnter(v, d)
		},
	})
}

func (s *Service) hasPlace(v *view) error {
	if v.room.Members >= s.MaxMembers {
		return Errorf(CodeForbidden, "the room is full")
	}
	return nil
}

// AddMember names a user to add to a room.
type AddMember struct {
	Write
	User UserID
	// Role is what they become, at most the caller's own.
	Role Role
}

// AddMember adds another user to a room. It is for moderators of a private room
// and members of a public one. A user in maxRoomsToAdd rooms cannot be added.
func (s *Service) AddMember(ctx context.Context, caller UserID, c AddMember) (Written, error) {
	if !c.User.Valid() || !c.Role.Valid() {
		return Written{}, Errorf(CodeInvalid, "user and role must be an id and a role")
	}
	added, err := s.ports.Accounts.User(ctx, c.User)
	if err != nil {
		return Written{}, Wrap(err, CodeUnavailable, "user "+string(c.User))
	}
	return s.write(ctx, command{
		caller: caller, Write: c.Write,
		content: Content{Kind: KindJoined, User: c.User, Name: added.Name, Role: c.Role},
		reads:   reads{member: c.User, hasRoom: true},
		decide: func(v *view, d *Draft) (Seq, error) {
			d.relyOn(TheRoom, v.room.Touched)
			d.relyOn(MemberThing(c.User), v.member.Touched)
			if err := mayInvite(v.room.Visibility, v.author, c.Role); err != nil {
				return 0, err
			}
			switch {
			case v.member.IsMember():
				return v.member.Touched, nil
			case added.Version == 0 || added.IsBanned():
				return 0, Errorf(CodeNotFound, "no such user")
			}
			if err := s.hasPlace(v); err != nil {
				return 0, err
			}
			return 0, s.mayBeAdded(ctx, c.User)
		},
	})
}

// mayInvite refuses an author who may not add members with the role.
func mayInvite(visibility Visibility, author Member, role Role) error {
	least := RoleMember
	switch visibility {
	case Direct:
		return Errorf(CodeForbidden, "a direct room is of two people")
	case Private:
		least = RoleModerator
	}
	if err := mustBe(author, least); err != nil {
		return err
	}
	if !author.Role.AtLeast(role) {
		return Errorf(CodeForbidden, "nobody can give a role above their own")
	}
	return nil
}

// Leave takes the caller out of a room. The last owner cannot leave: they make
// another member owner first, or delete the room.
func (s *Service) Leave(ctx context.Context, caller UserID, w Write) (Written, error) {
	return s.write(ctx, command{
		caller: caller, Write: w, isFree: true,
		content: Content{Kind: KindLeft, User: caller},
		reads:   reads{hasRoom: true},
		decide: func(v *view, d *Draft) (Seq, error) {
			d.relyOn(TheRoom, v.room.Touched)
			if !v.author.IsMember() {
				return v.author.Touched, neverIn(v.author)
			}
			if v.room.Visibility == Direct {
				return 0, Errorf(CodeForbidden, "a direct room cannot be left")
			}
			d.Was = v.author.Role
			return 0, keepsAnOwner(&v.room, v.author.Role, RoleNone)
		},
	})
}

// neverIn refuses a user who never was a member of the room.
func neverIn(m Member) error {
	if m.Touched == 0 {
		return Errorf(CodeForbidden, "not a member of the room")
	}
	return nil
}

// keepsAnOwner refuses a change that would leave a room without an owner.
func keepsAnOwner(room *Room, was, becomes Role) error {
	if was == RoleOwner && becomes != RoleOwner && room.Owners <= 1 {
		return Errorf(CodeForbidden, "a room keeps an owner: make another member owner first, or delete the room")
	}
	return nil
}

// Remove names a member to take out of a room.
type Remove struct {
	Write
	User UserID
}

// Remove takes another member out of a room. It is for moderators, and only for
// members of a lower rank than theirs.
func (s *Service) Remove(ctx context.Context, caller UserID, c Remove) (Written, error) {
	return s.changeMember(ctx, caller, c.Write, Content{Kind: KindRemoved, User: c.User},
		func(v *view) (Seq, error) {
			if err := mustBe(v.author, RoleModerator); err != nil {
				return 0, err
			}
			switch {
			case !v.member.IsMember() && v.member.Touched == 0:
				return 0, Errorf(CodeNotFound, "no such member")
			case !v.member.IsMember():
				return v.member.Touched, nil
			case v.member.Role.AtLeast(v.author.Role):
				return 0, Errorf(CodeForbidden, "only a member of lower rank can be removed")
			}
			return 0, nil
		})
}

// SetRole names a member and a new role.
type SetRole struct {
	Write
	User UserID
	Role Role
}

// SetRole changes a member's role. It is for owners. An owner may step down while
// another remains.
func (s *Service) SetRole(ctx context.Context, caller UserID, c SetRole) (Written, error) {
	if !c.Role.Valid() {
		return Written{}, Errorf(CodeInvalid, "role must be %s, %s, %s or %s", RoleReader, RoleMember, RoleModerator, RoleOwner)
	}
	content := Content{Kind: KindRoleSet, User: c.User, Role: c.Role}
	return s.changeMember(ctx, caller, c.Write, content, func(v *view) (Seq, error) {
		if err := mustBe(v.author, RoleOwner); err != nil {
			return 0, err
		}
		switch {
		case !v.member.IsMember():
			return 0, Errorf(CodeNotFound, "no such member")
		case v.member.Role == c.Role:
			return v.member.Touched, nil
		}
		return 0, keepsAnOwner(&v.room, v.member.Role, c.Role)
	})
}

// changeMember writes an entry that concerns the membership of content.User.
func (s *Service) changeMember(ctx context.Context, caller UserID, w Write, content Content,
	decide func(*view) (Seq, error),
) (Written, error) {
	if !content.User.Valid() {
		return Written{}, Errorf(CodeInvalid, "user must be an id")
	}
	return s.write(ctx, command{
		caller: caller, Write: w, content: content,
		reads: reads{member: content.User, hasRoom: true},
		decide: func(v *view, d *Draft) (Seq, error) {
			d.relyOn(TheRoom, v.room.Touched)
			d.relyOn(MemberThing(content.User), v.member.Touched)
			d.Was = v.member.Role
			return decide(v)
		},
	})
}

// Rename changes the caller's name, in the account and in every room. It costs one
// write of the caller's rate, however many rooms there are. A call that failed
// halfway is completed by repeating it, or by the next Rename.
func (s *Service) Rename(ctx context.Context, caller UserID, name string) (User, error) {
	if err := CheckName("name", name); err != nil {
		return User{}, err
	}
	if err := s.take(ctx, "writes", string(caller), s.Rates.Writes); err != nil {
		return User{}, err
	}
	user, err := s.changeUser(ctx, caller, func(u *User) { u.Name = name })
	if err != nil {
		return User{}, err
	}
	rooms, err := s.ports.Members.RoomsOf(ctx, caller)
	if err != nil {
		return User{}, Wrap(err, CodeUnavailable, "rooms of "+string(caller))
	}
	var failed []error
	for _, m := range rooms {
		failed = append(failed, s.renameIn(ctx, m))
	}
	return user, Wrap(errors.Join(failed...), CodeUnavailable, "rename "+string(caller))
}

// renameIn writes the account's name into a room where m has another one. Names
// break no basis, so the entry's id says which name it replaces: of two appends
// that replace the same name only one becomes durable, and the other one reads
// the account again.
func (s *Service) renameIn(ctx context.Context, m Member) error {
	for range maxDecisions {
		head, err := s.headOf(ctx, m.Room)
		if err != nil {
			return err
		}
		id := EntryID("renamed-after-" + strconv.FormatInt(int64(m.Named), 10))
		w, err := s.write(ctx, command{
			caller: m.User, Write: Write{Room: m.Room, ID: id, Since: head}, isFree: true,
			content: Content{Kind: KindRenamed, User: m.User},
			decide: func(v *view, d *Draft) (Seq, error) {
				d.Name = v.user.Name
				if !v.author.IsMember() || v.author.Name == d.Name {
					return max(v.author.Named, 1), nil
				}
				return 0, nil
			},
		})
		if err != nil || w.Entry == nil || !w.Existed {
			return err
		}
		m.Named = w.Seq
	}
	return Errorf(CodeUnavailable, "the name is changing too fast: try again")
}
