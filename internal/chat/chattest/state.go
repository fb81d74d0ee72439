package chattest

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/maru-chat/maru/internal/chat"
)

// FindRooms implements chat.Rooms.
func (m *Memory) FindRooms(ctx context.Context, ids ...chat.RoomID) ([]chat.Room, error) {
	if err := alive(ctx, "find rooms"); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	rooms := make([]chat.Room, len(ids))
	for i, id := range ids {
		rooms[i] = cloneRoom(&m.room(id).fold.Room)
	}
	return rooms, nil
}

// Public implements chat.Rooms.
func (m *Memory) Public(ctx context.Context, after chat.RoomID, limit int) ([]chat.Room, error) {
	if err := alive(ctx, "public rooms"); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var rooms []chat.Room
	for _, id := range slices.Sorted(maps.Keys(m.rooms)) {
		room := &m.rooms[id].fold.Room
		if id > after && room.Visibility == chat.Public && room.Exists() && len(rooms) < limit {
			rooms = append(rooms, cloneRoom(room))
		}
	}
	return rooms, nil
}

func cloneRoom(r *chat.Room) chat.Room {
	out := *r
	out.Pins = slices.Clone(r.Pins)
	return out
}

// Post implements chat.Rooms.
func (m *Memory) Post(ctx context.Context, id chat.RoomID, seq chat.Seq) (chat.Post, error) {
	if err := alive(ctx, "post of "+string(id)); err != nil {
		return chat.Post{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	post := m.room(id).fold.Posts[seq]
	if post == nil {
		return chat.Post{}, chat.Errorf(chat.CodeNotFound, "no such post")
	}
	return clonePost(post), nil
}

// FindMembers implements chat.Members.
func (m *Memory) FindMembers(ctx context.Context, id chat.RoomID, users ...chat.UserID) ([]chat.Member, error) {
	if err := alive(ctx, "members of "+string(id)); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	members := make([]chat.Member, len(users))
	for i, user := range users {
		members[i] = chat.Member{Room: id, User: user}
		if member := m.room(id).fold.Members[user]; member != nil {
			members[i] = *member
		}
	}
	return members, nil
}

// ListMembers implements chat.Members.
func (m *Memory) ListMembers(ctx context.Context, id chat.RoomID, after chat.UserID, limit int) ([]chat.Member, error) {
	if err := alive(ctx, "list members of "+string(id)); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	members := m.room(id).fold.Members
	var listed []chat.Member
	for _, user := range slices.Sorted(maps.Keys(members)) {
		if user > after && members[user].IsMember() && len(listed) < limit {
			listed = append(listed, *members[user])
		}
	}
	return listed, nil
}

// RoomsOf implements chat.Members.
func (m *Memory) RoomsOf(ctx context.Context, user chat.UserID) ([]chat.Member, error) {
	if err := alive(ctx, "rooms of "+string(user)); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var listed []chat.Member
	for _, id := range slices.Sorted(maps.Keys(m.rooms)) {
		fold := m.rooms[id].fold
		member := fold.Members[user]
		if member != nil && member.IsMember() && fold.Room.Exists() {
			listed = append(listed, *member)
		}
	}
	return chat.CutRooms(listed), nil
}

// Marks implements chat.Marks.
func (m *Memory) Marks(ctx context.Context, user chat.UserID) (map[chat.RoomID]chat.Mark, error) {
	if err := alive(ctx, "marks of "+string(user)); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	marks := map[chat.RoomID]chat.Mark{}
	maps.Copy(marks, m.marks[user])
	return marks, nil
}

// Advance implements chat.Marks.
func (m *Memory) Advance(ctx context.Context, user chat.UserID, id chat.RoomID, mark chat.Mark) (rose bool, err error) {
	if err := alive(ctx, "advance mark of "+string(user)); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.advance(user, id, mark), nil
}

func (m *Memory) advance(user chat.UserID, id chat.RoomID, mark chat.Mark) (rose bool) {
	if m.marks[user] == nil {
		m.marks[user] = map[chat.RoomID]chat.Mark{}
	}
	if mark.Seq <= m.marks[user][id].Seq {
		return false
	}
	m.marks[user][id] = mark
	return true
}

// Mentions implements chat.Marks.
func (m *Memory) Mentions(ctx context.Context, user chat.UserID, before chat.Mention, limit int) ([]chat.Mention, error) {
	if err := alive(ctx, "mentions of "+string(user)); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var mentions []chat.Mention
	for _, r := range m.rooms {
		for _, mention := range r.fold.Mentions[user] {
			if before == (chat.Mention{}) || compareMentions(mention, before) < 0 {
				mentions = append(mentions, mention)
			}
		}
	}
	slices.SortFunc(mentions, func(a, b chat.Mention) int { return compareMentions(b, a) })
	return mentions[:min(len(mentions), limit)], nil
}

func compareMentions(a, b chat.Mention) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Room, b.Room), cmp.Compare(a.Seq, b.Seq))
}

// CountMentions implements chat.Marks.
func (m *Memory) CountMentions(ctx context.Context, user chat.UserID, after map[chat.RoomID]chat.Seq) (map[chat.RoomID]int, error) {
	if err := alive(ctx, "count mentions of "+string(user)); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	counts := map[chat.RoomID]int{}
	for id, mark := range after {
		for _, mention := range m.room(id).fold.Mentions[user] {
			if mention.Seq > mark {
				counts[id]++
			}
		}
	}
	return counts, nil
}
