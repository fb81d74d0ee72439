package dynamostore

import (
	"context"
	"fmt"

	"github.com/maru-chat/maru/internal/chat"
)

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

// ListMembers is chat.Members's.
func (s *Store) ListMembers(ctx context.Context, room chat.RoomID, after chat.UserID, limit int) ([]chat.Member, error) {
	listed := allOf(roomPartition(room), memberPrefix, string(after))
	listed.limit = limit
	var members []chat.Member
	err := s.each(ctx, listed, func(it item) bool {
		if m := memberOf(it); m.IsMember() {
			members = append(members, m)
		}
		return len(members) < limit
	})
	return members, err
}

// RoomsOf is chat.Members's.
func (s *Store) RoomsOf(ctx context.Context, user chat.UserID) ([]chat.Member, error) {
	var members []chat.Member
	var rooms []chat.RoomID
	err := s.each(ctx, allOf(userPartition(user), memberPrefix, ""), func(it item) bool {
		// A new name for one who has left leaves an item without a role.
		if m := memberOf(it); m.IsMember() {
			members, rooms = append(members, m), append(rooms, m.Room)
		}
		return true
	})
	if err != nil {
		return nil, err
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
