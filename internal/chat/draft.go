package chat

import "time"

// MaxScan is how many entries after a draft's Since a store looks at. A sender
// that is further behind has to read the room first.
const MaxScan = 256

// Draft is an entry that is not yet in its room's log.
type Draft struct {
	Room   RoomID
	Author UserID
	ID     EntryID
	Content

	// Since is the sender's cursor at the first attempt to send this entry: an
	// earlier copy, if there is one, lies after it.
	Since Cursor
	// Basis is what the decision to allow this entry relied on.
	Basis Basis
	// Now is the service's clock at this attempt.
	Now time.Time
	// Hint comes from Audience.Gather and means nothing to the domain.
	Hint any
}

// Scanned is what lies after a draft's Since.
type Scanned struct {
	// Head is the newest entry; zero when the room does not exist.
	Head Head
	// Passed are the entries after Since up to Head, oldest first, at most
	// MaxScan. A store may leave out those for which [Touches] names nothing.
	Passed []Entry
	// Found is the entry that already carries the draft's (author, id), or nil.
	Found *Entry
}

// Appended is the outcome of a durable append.
type Appended struct {
	Entry Entry
	// Existed says that the entry was in the log before this call.
	Existed bool
	// Passed are the entries between the scan's head and this entry, oldest
	// first. A store may leave out those for which [Touches] names nothing.
	Passed []Entry
}

// Thing is what an entry can change and a decision can rely on: the room, one
// member, or one post.
type Thing struct {
	User UserID // a member, when not empty
	Post Seq    // a post, when not 0
}

// TheRoom is the Thing that stands for the room itself.
var TheRoom = Thing{}

// MemberThing is the membership of user.
func MemberThing(user UserID) Thing { return Thing{User: user} }

// PostThing is the state of a post, without its reactions.
func PostThing(post Seq) Thing { return Thing{Post: post} }

// Touches lists what an entry changes that a decision may rely on. It is the only
// such table. Reactions and names touch nothing, because no rule depends on them.
func Touches(e *Entry) []Thing {
	switch e.Kind {
	case KindCreated:
		touched := []Thing{TheRoom}
		for _, f := range e.Founders {
			touched = append(touched, MemberThing(f.User))
		}
		return touched
	case KindTopicSet, KindSettingsChanged, KindPinned, KindUnpinned, KindRoomDeleted:
		return []Thing{TheRoom}
	case KindJoined, KindLeft, KindRemoved, KindRoleSet:
		if e.Role == RoleOwner || e.Was == RoleOwner {
			return []Thing{MemberThing(e.User), TheRoom}
		}
		return []Thing{MemberThing(e.User)}
	case KindEdited, KindDeleted:
		return []Thing{PostThing(e.Post)}
	default:
		return nil
	}
}

// Relied says that a decision saw Thing as entry Seq had left it. Seq is 0 when
// no entry had touched it.
type Relied struct {
	Thing
	Seq Seq
}

// Basis is what a decision relied on: the author's membership and, where they
// matter, the room and the member or post concerned.
type Basis []Relied

// BrokenBy reports whether e changed something that the decision relied on. The
// deletion of the room breaks every basis.
func (b Basis) BrokenBy(e *Entry) bool {
	if e.Kind == KindRoomDeleted {
		return true
	}
	for _, touched := range Touches(e) {
		for _, relied := range b {
			if relied.Thing == touched && relied.Seq < e.Seq {
				return true
			}
		}
	}
	return false
}

// BrokenByAny reports whether one of the entries breaks the basis.
func (b Basis) BrokenByAny(entries []Entry) bool {
	for i := range entries {
		if b.BrokenBy(&entries[i]) {
			return true
		}
	}
	return false
}
