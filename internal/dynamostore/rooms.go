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

// Public is chat.Rooms's. Each public room has an item in one partition, which
// comes and goes with the entries that make the room public and end that.
func (s *Store) Public(ctx context.Context, after chat.RoomID, limit int) ([]chat.Room, error) {
	listed := allOf(publicPartition, publicPrefix, string(after))
	listed.limit, listed.mayLag = limit, true
	var public []chat.Room
	for isCut := true; isCut && len(public) < limit; {
		p, err := s.table.query(ctx, listed)
		if err != nil {
			return nil, chat.Wrap(err, chat.CodeUnavailable, "public rooms")
		}
		var ids []chat.RoomID
		for _, it := range p.items {
			ids = append(ids, chat.RoomID(it.text("room")))
			listed.after = it.text(sortKey)
		}
		rooms, err := s.FindRooms(ctx, ids...)
		if err != nil {
			return nil, err
		}
		for i := range rooms { // the list may lag behind the rooms
			if rooms[i].Exists() && rooms[i].Visibility == chat.Public && len(public) < limit {
				public = append(public, rooms[i])
			}
		}
		isCut = p.isCut
	}
	return public, nil
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
