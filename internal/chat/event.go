package chat

// Event is something that listeners are told, and that nobody changes. Only
// [*EntryAppended] stands for a durable fact; every other event may be lost for
// good.
type Event interface{ isEvent() }

// EntryAppended says that an entry became durable. Passed are the entries between
// the author's cursor and this one, at least those for which [Touches] names
// something: users whom they removed must not receive the entry.
type EntryAppended struct {
	Entry  Entry
	Passed []Entry
	// AuthorName is the author's name in the room when the entry was decided on,
	// empty if the author was not in it.
	AuthorName string
}

// TypingStarted says that a member is writing.
type TypingStarted struct {
	Room RoomID
	User UserID
	Name string
}

// MarkMoved tells a user's other devices how far the user has read.
type MarkMoved struct {
	Room RoomID
	Mark Mark
}

// RoomGained tells a user that they are now a member of the room.
type RoomGained struct{ Room RoomID }

// RoomLost tells a user that they are no longer a member of the room.
type RoomLost struct{ Room RoomID }

// SignedOut tells a user that all their connections are about to close. The
// adapter then closes them.
type SignedOut struct{ Reason string }

func (*EntryAppended) isEvent() {}
func (TypingStarted) isEvent()  {}
func (MarkMoved) isEvent()      {}
func (RoomGained) isEvent()     {}
func (RoomLost) isEvent()       {}
func (SignedOut) isEvent()      {}
