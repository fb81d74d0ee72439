package chat

import "time"

// Mark is how far a user has read a room, with the room's running counts at that
// entry: what is unread follows from the mark and the room's head alone. Marks
// only grow.
type Mark struct {
	Seq Seq
	Counts
}

// MarkAt returns the mark of a user who has read up to and including e.
func MarkAt(e *Entry) Mark { return Mark{Seq: e.Seq, Counts: e.Counts} }

// Unread is what a user has not read in a room.
type Unread struct {
	// Posts counts posts after the mark; a deleted post counts until read.
	Posts int64
	// Mentions counts mentions by name and @all after the mark.
	Mentions int64
}

// Unread returns what lies between the mark and head, given how many mentions
// by name lie there.
func (m Mark) Unread(head Head, mentions int) Unread {
	return Unread{
		Posts:    max(0, head.Counts.Posts-m.Posts),
		Mentions: max(0, head.Counts.Alls-m.Alls) + int64(mentions),
	}
}

// Mention is one place where a post names a user. It holds no text, and the
// deletion of the post leaves it.
type Mention struct {
	Room RoomID
	Seq  Seq
	At   time.Time
}

// MarksOf lists the users whose mark e advances to e: the author of a post has
// read up to it, and a new member begins there.
func MarksOf(e *Entry) []UserID {
	switch e.Kind {
	case KindPosted:
		return []UserID{e.Author}
	case KindCreated, KindJoined:
		return MembersOf(e)
	default:
		return nil
	}
}
