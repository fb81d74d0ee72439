package chat

import (
	"cmp"
	"context"
	"slices"
)

// MaxBehind is how many entries a reader may lack and still be sent them. A reader
// that lacks more gets a snapshot, which is smaller.
const MaxBehind = 1000

// Snapshot is a room as it is now, for a reader that holds nothing of it.
type Snapshot struct {
	RoomView
	History
}

// CatchUp is what a reader lacks: the entries after a cursor, or a snapshot.
type CatchUp struct {
	Snapshot *Snapshot // nil when Page answers
	Page     Page
}

// Listen is one connection's request to follow a room.
type Listen struct {
	Room RoomID
	Conn ConnID
	// After is the reader's cursor, nil when it holds nothing.
	After *Cursor
	// IsWhole asks for the entries even if they are more than MaxBehind, because
	// the reader has to look for one that it attempted to send.
	IsWhole bool
	// Limit bounds a page of entries, 1 to MaxPage.
	Limit int
}

// Listen subscribes the connection to a room that the caller is a member of,
// and returns what the reader lacks. It reads the membership again after it has
// subscribed. An eviction does the same in the opposite order, so one of the two
// sees the other.
func (s *Service) Listen(ctx context.Context, caller UserID, c Listen) (CatchUp, error) {
	if _, member, err := s.mayPage(ctx, caller, c.Room); err != nil || !member.IsMember() {
		return CatchUp{}, cmp.Or(err, errNotIn)
	}
	if err := s.ports.Subscriptions.Subscribe(ctx, c.Conn, caller, c.Room); err != nil {
		return CatchUp{}, Wrap(err, CodeUnavailable, "subscribe to "+string(c.Room))
	}
	caughtUp, err := s.catchUp(ctx, caller, c)
	if err != nil {
		ctx, done := uncancelled(ctx)
		defer done()
		undone := s.ports.Subscriptions.Unsubscribe(ctx, c.Conn, c.Room)
		return CatchUp{}, cmp.Or(Wrap(undone, CodeUnavailable, "unsubscribe from "+string(c.Room)), err)
	}
	return caughtUp, nil
}

var errNotIn error = Errorf(CodeForbidden, "join the room first")

func (s *Service) catchUp(ctx context.Context, caller UserID, c Listen) (CatchUp, error) {
	// The head is read first, so a snapshot is at least as new as the head. Entries
	// after the head are pushed, or the reader asks for them from there.
	heads, err := s.ports.Log.Heads(ctx, []RoomID{c.Room})
	if err != nil {
		return CatchUp{}, Wrap(err, CodeUnavailable, "head of "+string(c.Room))
	}
	room, member, err := s.mayRead(ctx, caller, c.Room)
	if err != nil || !member.IsMember() {
		return CatchUp{}, cmp.Or(err, errNotIn)
	}
	if c.After != nil && (c.IsWhole || heads[0].Seq-c.After.Seq <= MaxBehind) {
		page, err := s.entries(ctx, c.Room, *c.After, c.Limit)
		return CatchUp{Page: page}, err
	}
	snapshot, err := s.snapshot(ctx, caller, room, member, heads[0])
	return CatchUp{Snapshot: snapshot}, err
}

// snapshot returns the room as it was at head, or newer.
func (s *Service) snapshot(ctx context.Context, caller UserID, room Room, member Member, head Head) (*Snapshot, error) {
	view, err := s.viewOf(ctx, caller, room, member, head)
	if err != nil {
		return nil, err
	}
	history, err := s.history(ctx, room.ID, 0, MaxHistory)
	if err != nil {
		return nil, err
	}
	history.Cursor = head.Cursor
	return &Snapshot{RoomView: view, History: history}, nil
}

// Unlisten takes a connection out of a room's audience.
func (s *Service) Unlisten(ctx context.Context, conn ConnID, room RoomID) error {
	return Wrap(s.ports.Subscriptions.Unsubscribe(ctx, conn, room), CodeUnavailable, "unsubscribe from "+string(room))
}

// Hide records whether the connection's page is hidden.
func (s *Service) Hide(ctx context.Context, conn ConnID, isHidden bool) error {
	return Wrap(s.ports.Subscriptions.Hidden(ctx, conn, isHidden), CodeUnavailable, "hide "+string(conn))
}

// Disconnect forgets a connection.
func (s *Service) Disconnect(ctx context.Context, conn ConnID) error {
	return Wrap(s.ports.Subscriptions.Disconnect(ctx, conn), CodeUnavailable, "disconnect "+string(conn))
}

// Behind compares the cursors that the caller's page holds with the rooms' heads
// and returns the heads that differ. It leaves out deleted rooms and those that
// the caller is not a member of.
func (s *Service) Behind(ctx context.Context, caller UserID, cursors map[RoomID]Cursor) (map[RoomID]Head, error) {
	if len(cursors) > MaxRooms {
		return nil, Errorf(CodeTooLarge, "at most %d rooms", MaxRooms)
	}
	if err := s.take(ctx, "reads", string(caller), s.Rates.Reads); err != nil {
		return nil, err
	}
	rooms, err := s.memberIn(ctx, caller, cursors)
	if err != nil || len(rooms) == 0 {
		return nil, err
	}
	heads, err := s.ports.Log.Heads(ctx, rooms)
	if err != nil {
		return nil, Wrap(err, CodeUnavailable, "heads")
	}
	behind := map[RoomID]Head{}
	for i, head := range heads {
		if head.Cursor != cursors[rooms[i]] && head.Kind != KindRoomDeleted {
			behind[rooms[i]] = head
		}
	}
	return behind, nil
}

// memberIn returns those of the rooms asked that the caller is a member of. Every
// open page asks about the one on screen each minute: that costs one read.
func (s *Service) memberIn(ctx context.Context, caller UserID, asked map[RoomID]Cursor) ([]RoomID, error) {
	if len(asked) == 1 {
		for room := range asked {
			return s.memberInOne(ctx, caller, room)
		}
	}
	memberships, err := s.ports.Members.RoomsOf(ctx, caller)
	if err != nil {
		return nil, Wrap(err, CodeUnavailable, "rooms of "+string(caller))
	}
	var rooms []RoomID
	for _, m := range memberships {
		if _, isAsked := asked[m.Room]; isAsked {
			rooms = append(rooms, m.Room)
		}
	}
	return rooms, nil
}

func (s *Service) memberInOne(ctx context.Context, caller UserID, room RoomID) ([]RoomID, error) {
	if !room.Valid() {
		return nil, nil
	}
	members, err := s.ports.Members.FindMembers(ctx, room, caller)
	if err != nil || !members[0].IsMember() {
		return nil, Wrap(err, CodeUnavailable, "member of "+string(room))
	}
	return []RoomID{room}, nil
}

// maxTypists is how many members a room may have for Type to tell them.
const maxTypists = 50

// Type tells the listeners of a small room that the caller is typing. In a larger
// room, and beyond the caller's rate, it does nothing and succeeds.
func (s *Service) Type(ctx context.Context, caller UserID, id RoomID) error {
	room, member, err := s.mayRead(ctx, caller, id)
	if err == nil {
		err = mustBe(member, RoleMember)
	}
	if err != nil {
		return err
	}
	if room.Members > maxTypists || s.take(ctx, "typing", string(caller), s.Rates.Typing) != nil {
		return nil
	}
	listeners, err := s.ports.Audience.Gather(ctx, id)
	if err != nil {
		return Wrap(err, CodeUnavailable, "gather "+string(id))
	}
	s.ports.Audience.Publish(ctx, listeners, TypingStarted{Room: id, User: caller, Name: member.Name})
	return nil
}

// Present lists who has a connection in the room now, with their names.
func (s *Service) Present(ctx context.Context, caller UserID, room RoomID) ([]Presence, []Member, error) {
	found, _, err := s.mayPage(ctx, caller, room)
	if err != nil {
		return nil, nil, err
	}
	present, err := s.ports.Audience.Present(ctx, room)
	if err != nil {
		return nil, nil, Wrap(err, CodeUnavailable, "presence in "+string(room))
	}
	users := make([]UserID, 0, len(present))
	for _, p := range present {
		users = append(users, p.User)
	}
	names, err := s.manyNames(ctx, found, users)
	return present, names, err
}

// listedPerRead is how many members can be listed at the cost of reading one of
// them alone: DynamoDB bills a long list by its bytes.
const listedPerRead = 10

// manyNames returns the memberships of the users, each once. It lists all members
// where that costs less than reading each user alone.
func (s *Service) manyNames(ctx context.Context, room Room, users []UserID) ([]Member, error) {
	if room.Members > min(listedPerRead*len(users), MaxPage) {
		return s.names(ctx, room.ID, users)
	}
	listed, err := s.ports.Members.ListMembers(ctx, room.ID, "", MaxPage)
	if err != nil {
		return nil, Wrap(err, CodeUnavailable, "members of "+string(room.ID))
	}
	isPresent := make(map[UserID]bool, len(users))
	for _, user := range users {
		isPresent[user] = true
	}
	return slices.DeleteFunc(listed, func(m Member) bool { return !isPresent[m.User] }), nil
}

// MarkRead records that the caller has read up to the cursor. Marks only grow. The
// caller's other devices are told of a mark that rose. They are also told of one
// that may have risen: a repeated call would not raise it and tell nobody.
func (s *Service) MarkRead(ctx context.Context, caller UserID, room RoomID, upTo Cursor) error {
	if _, _, err := s.mayPage(ctx, caller, room); err != nil {
		return err
	}
	if upTo.Seq == 0 {
		return nil
	}
	page, err := s.ports.Log.Read(ctx, room, upTo, 1)
	if err != nil {
		return Wrap(err, CodeUnavailable, "read "+string(room))
	}
	mark := MarkAt(page.From)
	rose, err := s.ports.Marks.Advance(ctx, caller, room, mark)
	if rose || err != nil {
		s.ports.Audience.Tell(ctx, caller, MarkMoved{Room: room, Mark: mark})
	}
	return Wrap(err, CodeUnavailable, "mark in "+string(room))
}

// Mentions lists where the caller was named, newest first, in rooms that the
// caller may still read, at most limit (1 to 200). next continues; the zero
// Mention says that there is no more.
func (s *Service) Mentions(ctx context.Context, caller UserID, before Mention, limit int) (found []Mention, next Mention, err error) {
	const most = 200
	if limit < 1 || limit > most {
		return nil, Mention{}, Errorf(CodeInvalid, "limit must be 1 to %d", most)
	}
	rooms, err := s.searchable(ctx, caller, "")
	if err != nil {
		return nil, Mention{}, err
	}
	page, err := s.ports.Marks.Mentions(ctx, caller, before, limit)
	if err != nil {
		return nil, Mention{}, Wrap(err, CodeUnavailable, "mentions of "+string(caller))
	}
	for _, m := range page {
		if slices.Contains(rooms, m.Room) {
			found = append(found, m)
		}
	}
	if len(page) == limit {
		next = page[len(page)-1]
	}
	return found, next, nil
}
