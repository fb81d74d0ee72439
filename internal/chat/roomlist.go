package chat

import "context"

// RoomView is a room as one user sees it in a list.
type RoomView struct {
	Room   Room
	Member Member // the caller's; RoleNone in a list of public rooms
	Head   Head
	Mark   Mark
	Unread Unread
	// Peer is the other person of a direct room.
	Peer Member
}

// MyRooms lists the rooms that the caller is a member of, with what is unread.
func (s *Service) MyRooms(ctx context.Context, caller UserID) ([]RoomView, error) {
	if err := s.take(ctx, "reads", string(caller), s.Rates.Reads); err != nil {
		return nil, err
	}
	var memberships []Member
	var marks map[RoomID]Mark
	err := s.Together(
		func() (err error) { memberships, err = s.ports.Members.RoomsOf(ctx, caller); return err },
		func() (err error) { marks, err = s.ports.Marks.Marks(ctx, caller); return err },
		func() error { _, err := s.Account(ctx, caller); return err },
	)
	if err != nil || len(memberships) == 0 {
		return nil, Wrap(err, CodeUnavailable, "rooms of "+string(caller))
	}
	ids := make([]RoomID, len(memberships))
	for i, m := range memberships {
		ids[i] = m.Room
	}
	views, err := s.roomViews(ctx, ids)
	if err != nil {
		return nil, err
	}
	after := make(map[RoomID]Seq, len(memberships))
	for i, id := range ids {
		if mark := marks[id].Seq; mark < views[i].Head.Seq { // else there is nothing to count
			after[id] = mark
		}
	}
	mentions, err := s.ports.Marks.CountMentions(ctx, caller, after)
	if err != nil {
		return nil, Wrap(err, CodeUnavailable, "mentions of "+string(caller))
	}
	for i := range views {
		v := &views[i]
		v.Member, v.Mark = memberships[i], marks[ids[i]]
		v.Unread = v.Mark.Unread(v.Head, mentions[ids[i]])
		if v.Peer, err = s.peer(ctx, v.Room, caller); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// roomViews returns rooms with their heads. The heads are read first, so a room is
// never older than its head: readers do not ask for entries before the head. It
// may be newer: folding the entries after the head in again changes nothing.
func (s *Service) roomViews(ctx context.Context, ids []RoomID) ([]RoomView, error) {
	heads, err := s.ports.Log.Heads(ctx, ids)
	if err != nil {
		return nil, Wrap(err, CodeUnavailable, "heads")
	}
	rooms, err := s.ports.Rooms.FindRooms(ctx, ids...)
	if err != nil {
		return nil, Wrap(err, CodeUnavailable, "rooms")
	}
	views := make([]RoomView, len(ids))
	for i := range ids {
		views[i] = RoomView{Room: rooms[i], Head: heads[i]}
	}
	return views, nil
}

// peer finds the other person of a direct room.
func (s *Service) peer(ctx context.Context, room Room, caller UserID) (Member, error) {
	if room.Visibility != Direct {
		return Member{}, nil
	}
	members, err := s.ports.Members.ListMembers(ctx, room.ID, "", 2)
	for _, m := range members {
		if m.User != caller {
			return m, err
		}
	}
	return Member{}, Wrap(err, CodeUnavailable, "members of "+string(room.ID))
}

// PublicRooms lists public rooms by id after the id given, at most limit (1 to
// MaxRooms), with their heads.
func (s *Service) PublicRooms(ctx context.Context, caller UserID, after RoomID, limit int) ([]RoomView, error) {
	if limit < 1 || limit > MaxRooms {
		return nil, Errorf(CodeInvalid, "limit must be 1 to %d", MaxRooms)
	}
	if err := s.take(ctx, "reads", string(caller), s.Rates.Reads); err != nil {
		return nil, err
	}
	if _, err := s.Account(ctx, caller); err != nil {
		return nil, err
	}
	rooms, err := s.ports.Rooms.Public(ctx, after, limit)
	if err != nil || len(rooms) == 0 {
		return nil, Wrap(err, CodeUnavailable, "public rooms")
	}
	ids := make([]RoomID, len(rooms))
	for i := range rooms {
		ids[i] = rooms[i].ID
	}
	return s.roomViews(ctx, ids)
}

// OneRoom returns a room that the caller may read, with its head.
func (s *Service) OneRoom(ctx context.Context, caller UserID, id RoomID) (RoomView, error) {
	if !id.Valid() {
		return RoomView{}, Errorf(CodeInvalid, "room is not an id")
	}
	if err := s.take(ctx, "reads", string(caller), s.Rates.Reads); err != nil {
		return RoomView{}, err
	}
	heads, err := s.ports.Log.Heads(ctx, []RoomID{id})
	if err != nil {
		return RoomView{}, Wrap(err, CodeUnavailable, "head of "+string(id))
	}
	room, member, err := s.mayRead(ctx, caller, id)
	if err != nil {
		return RoomView{}, err
	}
	return s.viewOf(ctx, caller, room, member, heads[0])
}

// viewOf returns the room as the caller sees it. head was read before room, as in
// roomViews.
func (s *Service) viewOf(ctx context.Context, caller UserID, room Room, member Member, head Head) (RoomView, error) {
	var marks map[RoomID]Mark
	v := RoomView{Room: room, Member: member, Head: head}
	err := s.Together(
		func() (err error) { marks, err = s.ports.Marks.Marks(ctx, caller); return err },
		func() (err error) { v.Peer, err = s.peer(ctx, room, caller); return err },
	)
	if err != nil {
		return RoomView{}, Wrap(err, CodeUnavailable, "view of "+string(room.ID))
	}
	v.Mark = marks[room.ID]
	mentions, err := s.ports.Marks.CountMentions(ctx, caller, map[RoomID]Seq{room.ID: v.Mark.Seq})
	v.Unread = v.Mark.Unread(v.Head, mentions[room.ID])
	return v, Wrap(err, CodeUnavailable, "mentions in "+string(room.ID))
}
