package wire

import "github.com/maru-chat/maru/internal/chat"

// Room is the current state of a room.
type Room struct {
	// ID names the room.
	ID chat.RoomID `json:"id"`
	// Title is the room's name; a direct room has none.
	Title string `json:"title,omitempty"`
	// Visibility says who may find and read the room.
	Visibility chat.Visibility `json:"visibility"`
	// Topic is what the room is about.
	Topic string `json:"topic,omitempty"`
	// CreatedAt is when the room began.
	CreatedAt Millis `json:"created_at"`
	// Pins are the seqs of the pinned posts in the order of pinning.
	Pins []chat.Seq `json:"pins,omitempty"`
	// Members is the number of members.
	Members int `json:"members"`
	// Deleted says that the room was deleted.
	Deleted bool `json:"deleted,omitempty"`
}

// ReadMark is how far a user has read a room, with the running counts there:
// unread posts are the head's posts less the mark's.
type ReadMark struct {
	// Seq is the seq of the newest entry that was read.
	Seq chat.Seq `json:"seq"`
	// Posts counts the posts up to that entry.
	Posts int64 `json:"posts"`
	// Alls counts those that mention everybody.
	Alls int64 `json:"alls"`
}

// Head is the newest entry of a room, as a list of rooms shows it.
type Head struct {
	// Cursor is the place just after the entry.
	Cursor Cursor `json:"cursor"`
	// At is when the entry became durable.
	At Millis `json:"at"`
	// Posts counts the posts of the room, deleted ones included.
	Posts int64 `json:"posts"`
	// Alls counts those that mention everybody.
	Alls int64 `json:"alls"`
}

// Unread is what a user has not read in a room.
type Unread struct {
	// Posts counts posts after the user's mark; a deleted post counts until read.
	Posts int64 `json:"posts"`
	// Mentions counts mentions of the user and of everybody after the mark.
	Mentions int64 `json:"mentions"`
}

// Person is a user and their name in a room.
type Person struct {
	// User is the user's id.
	User chat.UserID `json:"user"`
	// Name is their name in the room; absent when they were never a member.
	Name string `json:"name,omitempty"`
}

// RoomView is a room as one user sees it.
type RoomView struct {
	// Room is the room.
	Room Room `json:"room"`
	// Role is the user's role; absent if the user is not a member.
	Role chat.Role `json:"role,omitempty"`
	// Head is the room's newest entry.
	Head Head `json:"head"`
	// Mark is how far the user has read.
	Mark ReadMark `json:"mark"`
	// Unread counts what follows the mark.
	Unread Unread `json:"unread"`
	// Peer is the other person of a direct room.
	Peer *Person `json:"peer,omitempty"`
}

// RoomOf returns r as it travels.
func RoomOf(r *chat.Room) Room {
	return Room{
		ID: r.ID, Title: r.Title, Visibility: r.Visibility, Topic: r.Topic,
		CreatedAt: MillisOf(r.CreatedAt), Pins: r.Pins, Members: r.Members, Deleted: r.IsDeleted,
	}
}

// ReadMarkOf returns m as it travels.
func ReadMarkOf(m chat.Mark) ReadMark {
	return ReadMark{Seq: m.Seq, Posts: m.Counts.Posts, Alls: m.Counts.Alls}
}

// HeadOf returns h as it travels.
func HeadOf(h *chat.Head) Head {
	return Head{Cursor: Cursor(h.Cursor), At: MillisOf(h.At), Posts: h.Counts.Posts, Alls: h.Counts.Alls}
}

// RoomViewOf returns v as it travels.
func RoomViewOf(v *chat.RoomView) RoomView {
	view := RoomView{
		Room: RoomOf(&v.Room), Role: v.Member.Role, Head: HeadOf(&v.Head),
		Mark: ReadMarkOf(v.Mark), Unread: Unread(v.Unread),
	}
	if v.Peer.User != "" {
		view.Peer = &Person{User: v.Peer.User, Name: v.Peer.Name}
	}
	return view
}

// NamesOf returns the members' names by user; members without one are left out.
func NamesOf(members []chat.Member) map[chat.UserID]string {
	names := make(map[chat.UserID]string, len(members))
	for _, m := range members {
		if m.Name != "" {
			names[m.User] = m.Name
		}
	}
	return names
}
