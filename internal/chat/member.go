package chat

import (
	"cmp"
	"slices"
	"time"
)

// Role is what a member may do in a room. Users who are not members have RoleNone.
type Role string

// The roles, from least to most.
const (
	RoleNone      Role = ""
	RoleReader    Role = "reader"    // reads
	RoleMember    Role = "member"    // and writes
	RoleModerator Role = "moderator" // and keeps order: pins, topic, deletes, removes
	RoleOwner     Role = "owner"     // and decides: settings, roles, the room's end
)

var roleRanks = map[Role]int{RoleReader: 1, RoleMember: 2, RoleModerator: 3, RoleOwner: 4}

// AtLeast reports whether a member with role r may do what least may.
func (r Role) AtLeast(least Role) bool { return roleRanks[r] >= roleRanks[least] }

// Valid reports whether r is a role that a member can have.
func (r Role) Valid() bool { return roleRanks[r] > 0 }

// Member is what the log has made of one user's membership of a room. It stays
// after the user has left, with RoleNone, because decisions rely on its Touched.
type Member struct {
	Room RoomID
	User UserID
	Name string
	Role Role
	// JoinedAt is when the user last joined.
	JoinedAt time.Time
	// Touched is the last entry that changed the membership; 0 for never. A new
	// name does not touch it.
	Touched Seq
	// Named is the entry that gave Name.
	Named Seq
}

// IsMember reports whether the user is in the room now.
func (m *Member) IsMember() bool { return m.Role != RoleNone }

// MembersOf lists the users whose membership or name e changes.
func MembersOf(e *Entry) []UserID {
	switch e.Kind {
	case KindCreated:
		users := make([]UserID, 0, len(e.Founders))
		for _, f := range e.Founders {
			users = append(users, f.User)
		}
		return users
	case KindJoined, KindLeft, KindRemoved, KindRoleSet, KindRenamed:
		return []UserID{e.User}
	default:
		return nil
	}
}

// Apply folds one entry into the membership of m.User, whom [MembersOf] must name.
// Entries come in order.
func (m *Member) Apply(e *Entry) {
	m.Room = e.Room
	switch e.Kind {
	case KindCreated:
		for _, f := range e.Founders {
			if f.User == m.User {
				m.join(e, f.Name, f.Role)
			}
		}
	case KindJoined:
		m.join(e, e.Name, e.Role)
	case KindLeft, KindRemoved:
		m.Role, m.Touched = RoleNone, e.Seq
	case KindRoleSet:
		m.Role, m.Touched = e.Role, e.Seq
	case KindRenamed:
		m.Name, m.Named = e.Name, e.Seq
	}
}

func (m *Member) join(e *Entry, name string, role Role) {
	m.Name, m.Named, m.Role, m.JoinedAt, m.Touched = name, e.Seq, role, e.At, e.Seq
}

// CutRooms sorts one user's memberships as Members.RoomsOf returns them, by room
// id with direct rooms last, and keeps the first MaxRooms. Direct rooms come last
// because anybody may open one, which must not push out the other rooms.
func CutRooms(memberships []Member) []Member {
	slices.SortFunc(memberships, func(a, b Member) int {
		return cmp.Or(directness(a.Room)-directness(b.Room), cmp.Compare(a.Room, b.Room))
	})
	return memberships[:min(len(memberships), MaxRooms)]
}

func directness(room RoomID) int {
	if room.IsDirect() {
		return 1
	}
	return 0
}
