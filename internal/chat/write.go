package chat

import (
	"context"
	"slices"
	"time"
)

// Write names the entry that a command makes.
type Write struct {
	Room RoomID
	// ID is chosen by the author and the same at every attempt. When it is
	// empty the service names the entry and takes the head as Since. That is
	// for callers that cannot resend.
	ID EntryID
	// Since is the author's cursor at the first attempt.
	Since Cursor
}

// Written is the durable outcome of a command.
type Written struct {
	Room RoomID
	// Seq is the entry that did what the command asks: the one written now, the
	// copy that was there, or an older one when nothing was left to change.
	Seq Seq
	// Entry is nil when the command would have changed nothing.
	Entry *Entry
	// Existed says that this call wrote nothing.
	Existed bool
}

// maxDecisions is how often a command is decided, at most, when others keep
// changing what it relies on.
const maxDecisions = 5

// command is one write: what it needs to see and how it decides.
type command struct {
	caller UserID
	Write
	content Content
	reads   reads
	// decide refuses, or returns the entry that already did what the command
	// asks, or completes the draft's content and basis. It is called anew for
	// each attempt.
	decide func(v *view, d *Draft) (already Seq, err error)
	// isFree exempts the command from the rate of writes: leaving, what operators
	// do, and renaming, which has paid for all rooms at once.
	isFree bool
	// isInvited says that the caller may know of the room even if it is private.
	isInvited bool
}

// reads are what a decision needs beyond the author's membership and the log.
type reads struct {
	member  UserID   // the member concerned
	others  []UserID // members named in a post
	hasRoom bool
	post    Seq
}

// view is what a decision sees.
type view struct {
	scanned   Scanned
	user      User
	author    Member
	member    Member
	others    []Member
	room      Room
	post      Post
	listeners Listeners

	scanErr, limitErr, postErr error
}

// write carries out a command: look, decide, append, publish. It starts again when
// what the decision saw has changed meanwhile.
func (s *Service) write(ctx context.Context, c command) (Written, error) {
	draft, err := s.draft(ctx, &c)
	if err != nil {
		return Written{}, err
	}
	for attempt := range maxDecisions {
		d := draft // of this attempt alone: a store may still read that of an earlier one
		v, err := s.look(ctx, &c, &d, attempt == 0)
		if err != nil {
			return Written{}, err
		}
		written, err := s.settle(ctx, &c, v, &d)
		if CodeOf(err) != CodeConflict {
			return written, err
		}
	}
	return Written{}, &Error{
		Code: CodeUnavailable, Msg: "the room is changing too fast: try again",
		RetryAfter: time.Second,
	}
}

func (s *Service) draft(ctx context.Context, c *command) (Draft, error) {
	if !c.Room.Valid() {
		return Draft{}, Errorf(CodeInvalid, "room is not an id")
	}
	if c.ID == "" {
		head, err := s.headOf(ctx, c.Room)
		if err != nil {
			return Draft{}, err
		}
		c.ID, c.Since = EntryID(s.NewID()), head
	}
	if !c.ID.Valid() {
		return Draft{}, Errorf(CodeInvalid, "id must be 1 to %d of A-Z a-z 0-9 _ -", MaxEntryID)
	}
	return Draft{Room: c.Room, Author: c.caller, ID: c.ID, Content: c.content, Since: c.Since}, nil
}

func (s *Service) headOf(ctx context.Context, room RoomID) (Cursor, error) {
	heads, err := s.ports.Log.Heads(ctx, []RoomID{room})
	if err != nil {
		return Cursor{}, Wrap(err, CodeUnavailable, "head of "+string(room))
	}
	return heads[0].Cursor, nil
}

// look reads all that the command needs. The limiter is asked at the first attempt
// only. Its refusal counts only when the scan has found no copy, so that a resend
// is never refused.
func (s *Service) look(ctx context.Context, c *command, d *Draft, isFirst bool) (*view, error) {
	v := &view{}
	fns := []func() error{
		func() error { v.scanned, v.scanErr = s.ports.Log.Scan(ctx, d); return nil },
		func() error { return s.lookAtMembers(ctx, c, v) },
		func() (err error) { v.user, err = s.ports.Accounts.User(ctx, c.caller); return err },
		func() (err error) { v.listeners, err = s.ports.Audience.Gather(ctx, c.Room); return err },
	}
	if isFirst && !c.isFree && !c.caller.IsClassic() { // for classic users the address has paid
		fns = append(fns, func() error {
			v.limitErr = s.take(ctx, "writes", string(c.caller), s.Rates.Writes)
			return nil
		})
	}
	if c.reads.hasRoom {
		fns = append(fns, func() (err error) { v.room, err = s.room(ctx, c.Room); return err })
	}
	if c.reads.post > 0 {
		fns = append(fns, func() error {
			v.post, v.postErr = s.ports.Rooms.Post(ctx, c.Room, c.reads.post)
			return nil
		})
	}
	err := s.Together(fns...)
	if err == nil || v.scanned.Found != nil {
		return v, nil
	}
	return v, Wrap(err, CodeUnavailable, "look at "+string(c.Room))
}

func (s *Service) lookAtMembers(ctx context.Context, c *command, v *view) error {
	users := append([]UserID{c.caller, c.reads.member}, c.reads.others...)
	if c.reads.member == "" {
		users[1] = c.caller
	}
	members, err := s.ports.Members.FindMembers(ctx, c.Room, users...)
	if err != nil {
		return err
	}
	v.author, v.member, v.others = members[0], members[1], members[2:]
	return nil
}

func (s *Service) room(ctx context.Context, id RoomID) (Room, error) {
	rooms, err := s.ports.Rooms.FindRooms(ctx, id)
	if err != nil {
		return Room{}, Wrap(err, CodeUnavailable, "room "+string(id))
	}
	return rooms[0], nil
}

// settle answers an earlier copy, refuses by rule, or appends and publishes.
func (s *Service) settle(ctx context.Context, c *command, v *view, d *Draft) (Written, error) {
	if found := v.scanned.Found; found != nil {
		return s.publish(ctx, v, Appended{Entry: *found, Existed: true}), nil
	}
	if v.user.IsBanned() {
		return s.refuseUnlessWritten(ctx, c, v, d, errBanned)
	}
	if err := s.refuse(v); err != nil {
		return Written{}, s.hide(ctx, v, c, err)
	}
	d.Now, d.Hint = s.Now(), v.listeners.Hint
	d.Basis = Basis{{MemberThing(c.caller), v.author.Touched}}
	already, err := c.decide(v, d)
	if err != nil {
		return s.refuseUnlessWritten(ctx, c, v, d, err)
	}
	if already > 0 {
		return Written{Room: c.Room, Seq: already, Existed: true}, nil
	}
	if v.limitErr != nil {
		return Written{}, v.limitErr
	}
	appended, err := s.append(ctx, d, &v.scanned)
	if err != nil {
		return Written{}, Wrap(err, CodeUnavailable, "append to "+string(c.Room))
	}
	appended.Passed = slices.Concat(v.scanned.Passed, appended.Passed)
	return s.publish(ctx, v, appended), nil
}

// refuseUnlessWritten returns a refusal by rule, unless the entry is in the log.
// The refusal may rest on newer reads than the scan that ran beside them: an
// earlier send of the entry may have become durable after that scan, and its
// author may have been removed just after. So the log is scanned once more.
func (s *Service) refuseUnlessWritten(ctx context.Context, c *command, v *view, d *Draft, refusal error) (Written, error) {
	scanned, err := s.ports.Log.Scan(ctx, d)
	switch {
	case err != nil:
		refusal = Wrap(err, CodeUnavailable, "scan again")
	case scanned.Found != nil:
		return s.publish(ctx, v, Appended{Entry: *scanned.Found, Existed: true}), nil
	}
	return Written{}, s.hide(ctx, v, c, refusal)
}

// refuse applies the rules that all writes share.
func (s *Service) refuse(v *view) error {
	switch {
	case v.scanErr != nil:
		return Wrap(v.scanErr, CodeUnavailable, "scan")
	case v.scanned.Head.Seq == 0 || v.scanned.Head.Kind == KindRoomDeleted:
		return errNoRoom
	}
	return nil
}

var (
	errNoRoom = Errorf(CodeNotFound, "no such room")
	errNoPost = Errorf(CodeNotFound, "no such post")
	errBanned = Errorf(CodeForbidden, "this account is banned")
)

// hide replaces a refusal by "no such room" where it would tell of a private room
// to a user who must not know of it. A user who never was a member is not even
// told that their cursor is stale.
func (s *Service) hide(ctx context.Context, v *view, c *command, refusal error) error {
	tells := map[Code]bool{CodeForbidden: !v.author.IsMember(), CodeStale: v.author.Touched == 0}
	if c.isInvited || v.user.IsBanned() || !tells[CodeOf(refusal)] {
		return refusal
	}
	found := v.room
	if found.ID == "" {
		var err error
		if found, err = s.room(ctx, c.Room); err != nil {
			return err
		}
	}
	if found.Visibility == Public {
		return refusal
	}
	return errNoRoom
}

// mustBe refuses members below least.
func mustBe(m Member, least Role) error {
	switch {
	case m.Role.AtLeast(least):
		return nil
	case !m.IsMember():
		return Errorf(CodeForbidden, "join the room first")
	case least == RoleOwner:
		return Errorf(CodeForbidden, "only an owner of the room may do that")
	case least == RoleModerator:
		return Errorf(CodeForbidden, "only a moderator or an owner of the room may do that")
	default:
		return Errorf(CodeForbidden, "readers cannot write in this room")
	}
}

func (d *Draft) relyOn(thing Thing, touched Seq) {
	relied := Relied{thing, touched}
	if !slices.Contains(d.Basis, relied) {
		d.Basis = append(d.Basis, relied)
	}
}
