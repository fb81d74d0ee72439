package chat

import (
	"context"
	"slices"
	"strings"
)

// Create begins a room.
type Create struct {
	Write // Since does not matter: a room is created at entry 1 or not at all
	// Title is a name of 1 to MaxName characters; it need not be unique.
	Title      string
	Visibility Visibility // Public or Private
}

// reservedRoom cannot be a room's id: its HTTP path is the list of public rooms.
const reservedRoom RoomID = "public"

// Create creates a room that the caller owns. It fails with CodeConflict when the
// id is taken.
func (s *Service) Create(ctx context.Context, caller UserID, c Create) (Written, error) {
	if err := checkSettings(c.Title, c.Visibility); err != nil {
		return Written{}, err
	}
	if c.Room.IsDirect() || c.Room.IsClassic() {
		return Written{}, Errorf(CodeInvalid, "room ids that begin with %q or %q are made by the server", directPrefix, classicPrefix)
	}
	if c.Room == reservedRoom {
		return Written{}, Errorf(CodeInvalid, "the room id %q stands for the list of public rooms", reservedRoom)
	}
	return s.create(ctx, caller, string(caller), c.Write, func(creator User) Content {
		return Content{
			Title: c.Title, Visibility: c.Visibility,
			Founders: []Founder{{User: caller, Name: creator.Name, Role: RoleOwner}},
		}
	})
}

// OpenDirect returns the direct room of the caller and another user, creating it
// if necessary.
func (s *Service) OpenDirect(ctx context.Context, caller, other UserID) (Written, error) {
	if !other.Valid() || other == caller {
		return Written{}, Errorf(CodeInvalid, "user must be somebody else's id")
	}
	peer, err := s.ports.Accounts.User(ctx, other)
	if err != nil {
		return Written{}, Wrap(err, CodeUnavailable, "user "+string(other))
	}
	if peer.Version == 0 || peer.IsBanned() {
		return Written{}, Errorf(CodeNotFound, "no such user")
	}
	w := Write{Room: DirectRoom(caller, other), ID: "direct"}
	return s.create(ctx, caller, string(caller), w, func(creator User) Content {
		return Content{Visibility: Direct, Founders: []Founder{
			{User: caller, Name: creator.Name, Role: RoleMember},
			{User: other, Name: peer.Name, Role: RoleMember},
		}}
	})
}

// create writes entry 1 of a room. The room counts against the rate of payer, a
// user or an address.
func (s *Service) create(ctx context.Context, caller UserID, payer string, w Write, content func(User) Content) (Written, error) {
	d, err := s.creation(ctx, caller, w, content)
	if err != nil {
		return Written{}, err
	}
	// An existing entry 1 is answered before the rate and the room limit.
	scanned, err := s.ports.Log.Scan(ctx, d)
	isLong := CodeOf(err) == CodeStale
	if err == nil && scanned.Head.Seq == 0 {
		err = s.mayCreate(ctx, caller, payer)
	}
	if err != nil && !isLong {
		return Written{}, Wrap(err, CodeUnavailable, "scan "+string(w.Room))
	}
	listeners, err := s.ports.Audience.Gather(ctx, w.Room)
	if err != nil {
		return Written{}, Wrap(err, CodeUnavailable, "gather "+string(w.Room))
	}
	d.Hint = listeners.Hint
	appended, err := s.append(ctx, d, &scanned)
	if CodeOf(err) == CodeConflict {
		return Written{}, Errorf(CodeConflict, "that room id is taken")
	}
	if err != nil {
		return Written{}, Wrap(err, CodeUnavailable, "create "+string(w.Room))
	}
	// The attempt that created the room may have told nobody, so its members are
	// told again, but only while the room is unused and within the caller's rate:
	// a direct room is opened many times, and telling costs pushes.
	isUsed := isLong || scanned.Head.Seq > 1
	if appended.Existed && (isUsed || s.take(ctx, "writes", payer, s.Rates.Writes) != nil) {
		return writtenAs(appended), nil
	}
	return s.publish(ctx, &view{listeners: listeners}, appended), nil
}

// creation drafts entry 1 of a room.
func (s *Service) creation(ctx context.Context, caller UserID, w Write, content func(User) Content) (*Draft, error) {
	if w.ID == "" {
		w.ID = EntryID(s.NewID())
	}
	if !w.Room.Valid() || !w.ID.Valid() {
		return nil, Errorf(CodeInvalid, "room and id must be ids")
	}
	user, err := s.ports.Accounts.User(ctx, caller)
	if err != nil {
		return nil, Wrap(err, CodeUnavailable, "user "+string(caller))
	}
	if user.IsBanned() {
		return nil, errBanned
	}
	d := &Draft{Room: w.Room, Author: caller, ID: w.ID, Now: s.Now(), Content: content(user)}
	d.Kind = KindCreated
	return d, nil
}

func (s *Service) mayCreate(ctx context.Context, caller UserID, payer string) error {
	if err := s.take(ctx, "rooms", payer, s.Rates.Rooms); err != nil {
		return err
	}
	return s.hasRoomForRoom(ctx, caller)
}

// maxRoomsToAdd is how many rooms a user can be in before nobody else can add them
// to more. Only the user can fill the other half: otherwise others could shut a
// user out of all rooms by adding them to MaxRooms of their own.
const maxRoomsToAdd = MaxRooms / 2

// hasRoomForRoom refuses those who are in MaxRooms rooms.
func (s *Service) hasRoomForRoom(ctx context.Context, user UserID) error {
	rooms, err := s.roomsThatCount(ctx, user)
	if err == nil && rooms >= MaxRooms {
		err = Errorf(CodeForbidden, "a user can be in %d rooms at most", MaxRooms)
	}
	return err
}

func (s *Service) mayBeAdded(ctx context.Context, user UserID) error {
	rooms, err := s.roomsThatCount(ctx, user)
	if err == nil && rooms >= maxRoomsToAdd {
		err = Errorf(CodeForbidden, "they are in %d rooms or more and join others only by themselves: send them an invite", maxRoomsToAdd)
	}
	return err
}

// roomsThatCount returns how many rooms the user is in. Concurrent joins may exceed
// a limit. Direct rooms do not count: anybody may open one, and could otherwise
// shut a user out of all other rooms.
func (s *Service) roomsThatCount(ctx context.Context, user UserID) (int, error) {
	rooms, err := s.ports.Members.RoomsOf(ctx, user)
	if err != nil {
		return 0, Wrap(err, CodeUnavailable, "rooms of "+string(user))
	}
	return len(slices.DeleteFunc(rooms, func(m Member) bool { return m.Room.IsDirect() })), nil
}

func checkSettings(title string, visibility Visibility) error {
	if err := CheckName("title", title); err != nil {
		return err
	}
	if visibility != Public && visibility != Private {
		return Errorf(CodeInvalid, "visibility must be %q or %q", Public, Private)
	}
	return nil
}

// Settings changes what a room is called and who may find it.
type Settings struct {
	Write
	Title      string
	Visibility Visibility
}

// ChangeSettings changes a room's settings. It is for owners; a direct room has no
// settings.
func (s *Service) ChangeSettings(ctx context.Context, caller UserID, c Settings) (Written, error) {
	if err := checkSettings(c.Title, c.Visibility); err != nil {
		return Written{}, err
	}
	content := Content{Kind: KindSettingsChanged, Title: c.Title, Visibility: c.Visibility}
	return s.writeOnRoom(ctx, caller, c.Write, content, RoleOwner, func(room *Room) (bool, error) {
		if room.Visibility == Direct {
			return false, Errorf(CodeForbidden, "a direct room has no settings")
		}
		return room.Title == c.Title && room.Visibility == c.Visibility, nil
	})
}

// Topic says what a room is about.
type Topic struct {
	Write
	// Text has at most MaxTopic characters; empty takes the topic away.
	Text string
}

// SetTopic sets the topic. It is for moderators, and for both people of a direct
// room.
func (s *Service) SetTopic(ctx context.Context, caller UserID, c Topic) (Written, error) {
	if c.Text != "" {
		if err := checkText("text", c.Text, MaxTopic); err != nil {
			return Written{}, err
		}
		if strings.Contains(c.Text, "\n") {
			return Written{}, Errorf(CodeInvalid, "a topic is one line")
		}
	}
	content := Content{Kind: KindTopicSet, Text: c.Text}
	return s.writeOnRoom(ctx, caller, c.Write, content, RoleModerator, func(room *Room) (bool, error) {
		return room.Topic == c.Text, nil
	})
}

// Pin names a post to pin, or to unpin.
type Pin struct {
	Write
	Post Seq
}

// Pin pins a post. It is for moderators, and for both people of a direct room.
func (s *Service) Pin(ctx context.Context, caller UserID, c Pin) (Written, error) {
	if c.Post < 1 {
		return Written{}, Errorf(CodeInvalid, "post must be a post's number")
	}
	return s.write(ctx, command{
		caller: caller, Write: c.Write,
		content: Content{Kind: KindPinned, Post: c.Post},
		reads:   reads{hasRoom: true, post: c.Post},
		decide: func(v *view, d *Draft) (Seq, error) {
			if err := mayManage(v, d, RoleModerator); err != nil {
				return 0, err
			}
			switch {
			case v.postErr != nil:
				return 0, v.postErr
			case v.post.Deleted > 0:
				return 0, errNoPost
			case slices.Contains(v.room.Pins, c.Post):
				return v.room.Touched, nil
			case len(v.room.Pins) >= MaxPins:
				return 0, Errorf(CodeForbidden, "a room can have %d pins at most", MaxPins)
			}
			d.relyOn(PostThing(c.Post), v.post.Touched())
			return 0, nil
		},
	})
}

// Unpin unpins a post. It is for those who may pin.
func (s *Service) Unpin(ctx context.Context, caller UserID, c Pin) (Written, error) {
	if c.Post < 1 {
		return Written{}, Errorf(CodeInvalid, "post must be a post's number")
	}
	content := Content{Kind: KindUnpinned, Post: c.Post}
	return s.writeOnRoom(ctx, caller, c.Write, content, RoleModerator, func(room *Room) (bool, error) {
		return !slices.Contains(room.Pins, c.Post), nil
	})
}

// DeleteRoom ends a room for good; its id is never used again. It is for owners.
func (s *Service) DeleteRoom(ctx context.Context, caller UserID, w Write) (Written, error) {
	content := Content{Kind: KindRoomDeleted}
	return s.writeOnRoom(ctx, caller, w, content, RoleOwner, func(*Room) (bool, error) { return false, nil })
}

// writeOnRoom writes an entry that concerns the room as a whole. isSo reports
// whether the room already is as the entry would make it.
func (s *Service) writeOnRoom(ctx context.Context, caller UserID, w Write, content Content, least Role,
	isSo func(*Room) (bool, error),
) (Written, error) {
	return s.write(ctx, command{
		caller: caller, Write: w, content: content, reads: reads{hasRoom: true},
		decide: func(v *view, d *Draft) (Seq, error) {
			if err := mayManage(v, d, least); err != nil {
				return 0, err
			}
			so, err := isSo(&v.room)
			if so {
				return v.room.Touched, nil
			}
			return 0, err
		},
	})
}

// mayManage refuses authors below least. In a direct room both people may do all
// that does not take an owner.
func mayManage(v *view, d *Draft, least Role) error {
	d.relyOn(TheRoom, v.room.Touched)
	if v.room.Visibility == Direct && least != RoleOwner {
		least = RoleMember
	}
	return mustBe(v.author, least)
}
