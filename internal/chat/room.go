package chat

import (
	"slices"
	"time"
)

// Visibility says who may find and read a room.
type Visibility string

// The visibilities. To those who may not read it, a private or direct room does
// not exist.
const (
	Public  Visibility = "public"
	Private Visibility = "private"
	Direct  Visibility = "direct"
)

// Room is what the log has made of a room. The zero Room does not exist.
type Room struct {
	ID         RoomID
	Title      string
	Visibility Visibility
	Topic      string
	CreatedAt  time.Time
	// Pins are the pinned posts in the order of pinning, at most MaxPins.
	Pins []Seq
	// Members and Owners count those who are in the room now.
	Members int
	Owners  int
	// IsDeleted says that the log ended in room_deleted, which erased the Topic
	// and left the Title.
	IsDeleted bool
	// Touched is the last entry that changed what decisions rely on.
	Touched Seq
}

// Exists reports whether the room was created and not deleted.
func (r *Room) Exists() bool { return r.ID != "" && !r.IsDeleted }

// ChangesRoom reports whether Apply of e would change a Room.
func ChangesRoom(e *Entry) bool {
	switch e.Kind {
	case KindCreated, KindTopicSet, KindSettingsChanged, KindPinned, KindUnpinned,
		KindRoomDeleted, KindJoined, KindLeft, KindRemoved, KindRoleSet:
		return true
	default:
		return false
	}
}

// Apply folds one entry into the room. Entries come in order.
func (r *Room) Apply(e *Entry) {
	switch e.Kind {
	case KindCreated:
		r.ID, r.Title, r.Visibility, r.CreatedAt = e.Room, e.Title, e.Visibility, e.At
		r.Members = len(e.Founders)
		for _, f := range e.Founders {
			r.Owners += ownership(f.Role)
		}
	case KindTopicSet:
		r.Topic = e.Text
	case KindSettingsChanged:
		r.Title, r.Visibility = e.Title, e.Visibility
	case KindPinned:
		r.Pins = append(slices.Clone(r.Pins), e.Post)
	case KindUnpinned:
		r.Pins = slices.DeleteFunc(slices.Clone(r.Pins), func(p Seq) bool { return p == e.Post })
	case KindRoomDeleted:
		r.IsDeleted, r.Topic = true, ""
	case KindJoined:
		r.Members++
		r.Owners += ownership(e.Role)
	case KindLeft, KindRemoved:
		r.Members--
		r.Owners -= ownership(e.Was)
	case KindRoleSet:
		r.Owners += ownership(e.Role) - ownership(e.Was)
	}
	if slices.Contains(Touches(e), TheRoom) {
		r.Touched = e.Seq
	}
}

func ownership(role Role) int {
	if role == RoleOwner {
		return 1
	}
	return 0
}
