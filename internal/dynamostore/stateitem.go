package dynamostore

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/maru-chat/maru/internal/chat"
)

// newRoomItem is the room as entry 1 made it.
func newRoomItem(r *chat.Room) item {
	it := newItem(roomKey(r.ID))
	it["room"], it[attrCreated] = text(string(r.ID)), number(r.CreatedAt.UnixMilli())
	it.setText("title", r.Title)
	it.setText("visibility", string(r.Visibility))
	it[attrMembers], it[attrOwners] = number(r.Members), number(r.Owners)
	it[attrTouched] = number(r.Touched)
	it[attrPins] = emptyMap()
	return it
}

// publicItem says no more than that the room is public.
func publicItem(room chat.RoomID) item {
	it := newItem(publicKey(room))
	it["room"] = text(string(room))
	return it
}

func roomOf(it item) chat.Room {
	if it == nil {
		return chat.Room{}
	}
	return chat.Room{
		ID: chat.RoomID(it.text("room")), Title: it.text("title"),
		Visibility: chat.Visibility(it.text("visibility")), Topic: it.text(attrTopic),
		CreatedAt: fromMillis(it.number(attrCreated)), Pins: pinsOf(it),
		Members: int(it.number(attrMembers)), Owners: int(it.number(attrOwners)),
		IsDeleted: it.flag(attrDeleted), Touched: chat.Seq(it.number(attrTouched)),
	}
}

// pinsOf lists the pinned posts in the order of pinning.
func pinsOf(it item) []chat.Seq {
	pinned := it.entries(attrPins)
	posts := slices.SortedFunc(maps.Keys(pinned), func(a, b string) int {
		return cmp.Compare(numberOf(pinned[a]), numberOf(pinned[b]))
	})
	var pins []chat.Seq
	for _, post := range posts {
		seq, _ := strconv.ParseInt(post, 10, 64) // the store wrote it from a seq
		pins = append(pins, chat.Seq(seq))
	}
	return pins
}

// memberItem is a membership just begun, under one of its two keys.
func memberItem(k key, m *chat.Member) item {
	it := newItem(k)
	it["room"], it["user"] = text(string(m.Room)), text(string(m.User))
	it.setText("name", m.Name)
	it.setText("role", string(m.Role))
	it[attrJoined] = number(m.JoinedAt.UnixMilli())
	it[attrTouched], it[attrNamed] = number(m.Touched), number(m.Named)
	return it
}

func memberOf(it item) chat.Member {
	return chat.Member{
		Room: chat.RoomID(it.text("room")), User: chat.UserID(it.text("user")),
		Name: it.text("name"), Role: chat.Role(it.text("role")),
		JoinedAt: fromMillis(it.number(attrJoined)),
		Touched:  chat.Seq(it.number(attrTouched)), Named: chat.Seq(it.number(attrNamed)),
	}
}

func markItem(room chat.RoomID, user chat.UserID, m chat.Mark) item {
	it := newItem(markKey(room, user))
	it["room"], it["seq"] = text(string(room)), number(m.Seq)
	it["posts"], it["alls"] = number(m.Posts), number(m.Alls)
	return it
}

func markOf(it item) chat.Mark {
	return chat.Mark{
		Seq:    chat.Seq(it.number("seq")),
		Counts: chat.Counts{Posts: it.number("posts"), Alls: it.number("alls")},
	}
}

func mentionItem(user chat.UserID, m chat.Mention) item {
	it := newItem(mentionKey(user, m))
	it["room"], it["seq"], it["at"] = text(string(m.Room)), number(m.Seq), number(m.At.UnixMilli())
	return it
}

func mentionOf(it item) chat.Mention {
	return chat.Mention{
		Room: chat.RoomID(it.text("room")), Seq: chat.Seq(it.number("seq")), At: fromMillis(it.number("at")),
	}
}
