package dynamostore

import (
	"context"
	"fmt"

	"github.com/maru-chat/maru/internal/chat"
)

// FindRooms is chat.Rooms's.
func (s *Store) FindRooms(ctx context.Context, ids ...chat.RoomID) ([]chat.Room, error) {
	keys := make([]key, len(ids))
	for i, id := range ids {
		keys[i] = roomKey(id)
	}
	items, err := s.table.get(ctx, keys...)
	if err != nil {
		return nil, chat.Wrap(err, chat.CodeUnavailable, fmt.Sprintf("find rooms %v", ids))
	}
	rooms := make([]chat.Room, len(ids))
	for i, it := range items {
		rooms[i] = roomOf(it)
	}
	return rooms, nil
}

// Post is chat.Rooms's.
func (s *Store) Post(ctx context.Context, room chat.RoomID, seq chat.Seq) (chat.Post, error) {
	k := entryKey(room, seq)
	items, err := s.table.get(ctx, k)
	if err != nil {
		return chat.Post{}, chat.Wrap(err, chat.CodeUnavailable, fmt.Sprintf("post %v", k))
	}
	if chat.Kind(items[0].text("kind")) != chat.KindPosted {
		return chat.Post{}, errNoPost
	}
	return postOf(items[0])
}

var errNoPost = chat.Errorf(chat.CodeNotFound, "no such post")

// FindMembers is chat.Members's.
func (s *Store) FindMembers(ctx context.Context, room chat.RoomID, users ...chat.UserID) ([]chat.Member, error) {
	keys := make([]key, len(users))
	for i, user := range users {
		keys[i] = memberKey(room, user)
	}
	items, err := s.table.get(ctx, keys...)
	if err != nil {
		return nil, chat.Wrap(err, chat.CodeUnavailable, fmt.Sprintf("find members %v of %s", users, room))
	}
	members := make([]chat.Member, len(users))
	for i, it := range items {
		if members[i] = (chat.Member{Room: room, User: users[i]}); it != nil {
			members[i] = memberOf(it)
		}
	}
	return members, nil
}

// RoomsOf is chat.Members's.
func (s *Store) RoomsOf(ctx context.Context, user chat.UserID) ([]chat.Member, error) {
	items, err := s.ofUser(ctx, user, memberPrefix)
	if err != nil {
		return nil, err
	}
	var members []chat.Member
	var rooms []chat.RoomID
	for _, it := range items {
		// A new name for one who has left leaves an item without a role.
		if m := memberOf(it); m.IsMember() {
			members, rooms = append(members, m), append(rooms, m.Room)
		}
	}
	return s.inStandingRooms(ctx, members, rooms)
}

// inStandingRooms leaves out the memberships of deleted rooms.
func (s *Store) inStandingRooms(ctx context.Context, members []chat.Member, ids []chat.RoomID) ([]chat.Member, error) {
	rooms, err := s.FindRooms(ctx, ids...)
	if err != nil {
		return nil, err
	}
	var standing []chat.Member
	for i := range members {
		if !rooms[i].IsDeleted {
			standing = append(standing, members[i])
		}
	}
	return chat.CutRooms(standing), nil
}

// Mentions is chat.Marks's.
func (s *Store) Mentions(ctx context.Context, user chat.UserID, before chat.Mention, limit int) ([]chat.Mention, error) {
	last := mentionPrefix + afterAll
	if before != (chat.Mention{}) {
		last = mentionPrefix + mentionSort(before)
	}
	p, err := s.table.query(ctx, span{
		pk: userPartition(user), first: mentionPrefix, last: last, isBackward: true, limit: limit + 1,
	})
	if err != nil {
		return nil, chat.Wrap(err, chat.CodeUnavailable, "mentions of "+string(user))
	}
	var mentions []chat.Mention
	for _, it := range p.items {
		if m := mentionOf(it); m != before && len(mentions) < limit {
			mentions = append(mentions, m)
		}
	}
	return mentions, nil
}

// Marks is chat.Marks's.
func (s *Store) Marks(ctx context.Context, user chat.UserID) (map[chat.RoomID]chat.Mark, error) {
	items, err := s.ofUser(ctx, user, markPrefix)
	if err != nil {
		return nil, err
	}
	marks := map[chat.RoomID]chat.Mark{}
	for _, it := range items {
		marks[chat.RoomID(it.text("room"))] = markOf(it)
	}
	return marks, nil
}

// ofUser reads all items of a user whose sort keys begin with the prefix.
func (s *Store) ofUser(ctx context.Context, user chat.UserID, prefix string) ([]item, error) {
	var found []item
	next := span{pk: userPartition(user), first: prefix, last: prefix + afterAll, limit: chat.MaxPage}
	for {
		p, err := s.table.query(ctx, next)
		if err != nil {
			return nil, chat.Wrap(err, chat.CodeUnavailable, prefix+" of "+string(user))
		}
		found = append(found, p.items...)
		if !p.isCut {
			return found, nil
		}
		next.first = found[len(found)-1].text(sortKey) + "\x00"
	}
}
