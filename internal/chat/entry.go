package chat

import "time"

// Kind says what an entry records.
type Kind string

// The kinds of entries. The fields of [Content] that each uses stand beside it.
const (
	KindCreated         Kind = "created"          // Title, Visibility, Founders; always entry 1
	KindPosted          Kind = "posted"           // Text, ReplyTo, Mentions, All
	KindEdited          Kind = "edited"           // Post, Text
	KindDeleted         Kind = "deleted"          // Post
	KindReactionSet     Kind = "reaction_set"     // Post, Emoji
	KindReactionRemoved Kind = "reaction_removed" // Post, Emoji
	KindPinned          Kind = "pinned"           // Post
	KindUnpinned        Kind = "unpinned"         // Post
	KindTopicSet        Kind = "topic_set"        // Text
	KindSettingsChanged Kind = "settings_changed" // Title, Visibility
	KindJoined          Kind = "joined"           // User, Name, Role
	KindLeft            Kind = "left"             // User, Was
	KindRemoved         Kind = "removed"          // User, Was
	KindRoleSet         Kind = "role_set"         // User, Role, Was
	KindRenamed         Kind = "renamed"          // User, Name
	KindRoomDeleted     Kind = "room_deleted"     // none; always the last entry

	KindReported Kind = "reported" // reserved: no service writes it yet
	KindBlocked  Kind = "blocked"  // reserved: no service writes it yet
)

// Kinds lists every kind that a log may hold today.
var Kinds = []Kind{
	KindCreated, KindPosted, KindEdited, KindDeleted, KindReactionSet,
	KindReactionRemoved, KindPinned, KindUnpinned, KindTopicSet,
	KindSettingsChanged, KindJoined, KindLeft, KindRemoved, KindRoleSet,
	KindRenamed, KindRoomDeleted,
}

// Content is what an entry says; which fields are set depends on Kind.
type Content struct {
	Kind Kind

	// Text is a post's body, an edit's new body or the topic. A posted entry
	// read from a store carries the body as it is now. An empty body means that
	// a later deletion of the post or of the room erased it.
	Text string
	// ReplyTo is the post that a post answers; 0 for none. Never a quote.
	ReplyTo Seq
	// Mentions are the members that a post names, at most MaxMentions; All is @all.
	Mentions []UserID
	All      bool

	// Post is the post that an edit, deletion, reaction or pin concerns.
	Post  Seq
	Emoji string

	// User is the member that a membership entry concerns; Name their name in
	// the room; Role what they are from now on; Was what they were before.
	User UserID
	Name string
	Role Role
	Was  Role

	// Title, Visibility and Founders describe a room.
	Title      string
	Visibility Visibility
	Founders   []Founder
}

// Founder is one of the members that a room begins with.
type Founder struct {
	User UserID
	Name string
	Role Role
}

// Entry is one durable fact of a room. Entries never change, except for the words
// of a post: an edit replaces them in place, and a deletion erases them.
type Entry struct {
	Room RoomID
	// Seq counts from 1 without holes.
	Seq Seq
	// At is UTC in whole milliseconds and rises strictly within a room.
	At     time.Time
	Author UserID
	ID     EntryID
	// Counts are the room's running counts, this entry included.
	Counts Counts
	Content
}

// Counts are running totals over a log up to some entry. A deleted post still
// counts.
type Counts struct {
	Posts int64 // posted entries
	Alls  int64 // posted entries that say @all
}

// Cursor returns the place just after e.
func (e *Entry) Cursor() Cursor { return Cursor{Seq: e.Seq, Tag: TagOf(e.Author, e.ID)} }

// IsErased reports whether e once held words that a deletion has erased.
func (e *Entry) IsErased() bool {
	return (e.Kind == KindPosted || e.Kind == KindEdited) && e.Text == ""
}

// Head is what the next entry needs to know of the newest entry of a room. A room
// that does not exist has the zero Head.
type Head struct {
	Cursor
	At     time.Time
	Kind   Kind
	Counts Counts
}

// Head returns what the entry after e needs to know of e.
func (e *Entry) Head() Head {
	return Head{Cursor: e.Cursor(), At: e.At, Kind: e.Kind, Counts: e.Counts}
}

// Next returns the entry that d becomes in the slot after h, with its seq, its
// running counts and its At, which is max(now, previous + 1 ms). Every store uses
// it.
func (h Head) Next(d *Draft) Entry {
	at := d.Now.UTC().Truncate(time.Millisecond)
	if earliest := h.At.Add(time.Millisecond); h.Seq > 0 && at.Before(earliest) {
		at = earliest
	}
	counts := h.Counts
	if d.Kind == KindPosted {
		counts.Posts++
		if d.All {
			counts.Alls++
		}
	}
	return Entry{
		Room: d.Room, Seq: h.Seq + 1, At: at, Author: d.Author, ID: d.ID,
		Counts: counts, Content: d.Content,
	}
}
