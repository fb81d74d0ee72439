package httpapi

import (
	"context"
	"net/http"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Member is one member of a room.
type Member struct {
	User     chat.UserID `json:"user"`
	Name     string      `json:"name"`
	Role     chat.Role   `json:"role"`
	JoinedAt wire.Millis `json:"joined_at"`
	// IsUnverified marks users of the classic API.
	IsUnverified bool `json:"unverified,omitempty" doc:"A user of the classic API, which anybody may claim to be."`
}

// MemberList is a page of members.
type MemberList struct {
	Members []Member    `json:"members"`
	Next    chat.UserID `json:"next,omitempty" doc:"The after of the next page; absent on the last one."`
}

type membersInput struct {
	RoomPath
	After chat.UserID `query:"after" maxLength:"128" doc:"The next of the previous page."`
	Limit int         `query:"limit" default:"100" doc:"1 to 1,000."`
}

type addMemberInput struct {
	RoomPath
	Body struct {
		Write
		User chat.UserID `json:"user" doc:"The user to add."`
		Role chat.Role   `json:"role,omitempty" doc:"reader, member, moderator or owner, at most the caller's own; member when absent."`
	}
}

// MemberPath is the member of a room that a path names.
type MemberPath struct {
	RoomPath
	User chat.UserID `path:"user"`
}

type setRoleInput struct {
	MemberPath
	Body struct {
		Write
		Role chat.Role `json:"role" doc:"reader, member, moderator or owner."`
	}
}

type removeInput struct {
	MemberPath
	WriteQuery
}

func (h *Handler) addMembers() {
	handle(h, route{method: http.MethodPost, path: "/rooms/{room}/join", summary: "Join a public room"}, h.join)
	handle(h, route{method: http.MethodPost, path: "/rooms/{room}/leave", summary: "Leave a room"}, h.leave)
	handle(h, route{method: http.MethodGet, path: "/rooms/{room}/members", summary: "List the members of a room"}, h.members)
	handle(h, route{method: http.MethodPost, path: "/rooms/{room}/members", summary: "Add another user to a room"}, h.addMember)
	handle(h, route{method: http.MethodPut, path: "/rooms/{room}/members/{user}", summary: "Change a member's role"}, h.setRole)
	handle(h, route{method: http.MethodDelete, path: "/rooms/{room}/members/{user}", summary: "Remove a member from a room"}, h.removeMember)
}

func (h *Handler) join(ctx context.Context, caller chat.UserID, in *writeInput) (wire.Ack, error) {
	return ackOf(h.Service.Join(ctx, caller, in.Body.in(in.Room)))
}

func (h *Handler) leave(ctx context.Context, caller chat.UserID, in *writeInput) (wire.Ack, error) {
	return ackOf(h.Service.Leave(ctx, caller, in.Body.in(in.Room)))
}

func (h *Handler) members(ctx context.Context, caller chat.UserID, in *membersInput) (MemberList, error) {
	found, err := h.Service.MemberList(ctx, caller, in.Room, in.After, in.Limit)
	list := MemberList{Members: make([]Member, 0, len(found))}
	for _, m := range found {
		list.Members = append(list.Members, Member{
			User: m.User, Name: m.Name, Role: m.Role, JoinedAt: wire.MillisOf(m.JoinedAt),
			IsUnverified: m.User.IsClassic(),
		})
	}
	if len(found) == in.Limit && err == nil {
		list.Next = found[len(found)-1].User
	}
	return list, err
}

func (h *Handler) addMember(ctx context.Context, caller chat.UserID, in *addMemberInput) (wire.Ack, error) {
	return ackOf(h.Service.AddMember(ctx, caller, chat.AddMember{
		Write: in.Body.in(in.Room), User: in.Body.User, Role: orMember(in.Body.Role),
	}))
}

func (h *Handler) setRole(ctx context.Context, caller chat.UserID, in *setRoleInput) (wire.Ack, error) {
	return ackOf(h.Service.SetRole(ctx, caller, chat.SetRole{
		Write: in.Body.in(in.Room), User: in.User, Role: in.Body.Role,
	}))
}

func (h *Handler) removeMember(ctx context.Context, caller chat.UserID, in *removeInput) (wire.Ack, error) {
	return ackOf(h.Service.Remove(ctx, caller, chat.Remove{Write: in.in(in.Room), User: in.User}))
}

func orMember(role chat.Role) chat.Role {
	if role == chat.RoleNone {
		return chat.RoleMember
	}
	return role
}
