package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Invite lets everybody who has its secret join a room. The secret travels in
// bodies, and in a link only in the #fragment, which browsers do not send: no
// server, proxy or log sees it in a URL.
type Invite struct {
	Secret    string      `json:"secret"`
	Link      string      `json:"link" doc:"The page's address, with the secret after #invite=."`
	ExpiresAt wire.Millis `json:"expires_at"`
}

// InvitePreview is where an invite leads.
type InvitePreview struct {
	Room      wire.Room   `json:"room" doc:"New members see the room's history."`
	Role      chat.Role   `json:"role" doc:"The role of those who accept."`
	Head      wire.Head   `json:"head"`
	InvitedBy wire.Person `json:"invited_by"`
	ExpiresAt wire.Millis `json:"expires_at"`
}

type inviteInput struct {
	RoomPath
	Body *struct {
		Role chat.Role `json:"role,omitempty" doc:"The role of those who accept, at most the caller's own; member when absent."`
		TTL  int64     `json:"ttl_seconds,omitempty" minimum:"0" maximum:"7776000" doc:"How long the invite is valid, at most 90 days; 7 days when absent."`
		Uses int       `json:"uses,omitempty" doc:"How often the invite may be accepted, 1 to 1,000; 100 when absent."`
	}
}

type secretInput struct {
	Body struct {
		Secret string `json:"secret"`
	}
}

type acceptInput struct {
	Body struct {
		Write
		Secret string `json:"secret"`
	}
}

func (h *Handler) addInvites() {
	handle(h, route{method: http.MethodPost, path: "/rooms/{room}/invites", summary: "Create an invite link to a room"}, h.createInvite)
	handle(h, route{method: http.MethodPost, path: "/invites/preview", summary: "Show where an invite leads"}, h.previewInvite)
	handle(h, route{method: http.MethodPost, path: "/invites/accept", summary: "Join the room that an invite leads to"}, h.acceptInvite)
	handle(h, route{method: http.MethodPost, path: "/invites/revoke", summary: "Revoke an invite: for its creator, and for moderators of its room"}, h.revokeInvite)
}

func (h *Handler) createInvite(ctx context.Context, caller chat.UserID, in *inviteInput) (Invite, error) {
	c := chat.Invite{Room: in.Room, Role: chat.RoleMember}
	if in.Body != nil {
		c.Role, c.TTL, c.Uses = orMember(in.Body.Role), time.Duration(in.Body.TTL)*time.Second, in.Body.Uses
	}
	secret, expiresAt, err := h.Service.CreateInvite(ctx, caller, c)
	return Invite{
		Secret: secret, Link: h.PublicURL + "/#invite=" + secret, ExpiresAt: wire.MillisOf(expiresAt),
	}, err
}

func (h *Handler) previewInvite(ctx context.Context, caller chat.UserID, in *secretInput) (InvitePreview, error) {
	p, err := h.Service.PreviewInvite(ctx, caller, in.Body.Secret)
	return InvitePreview{
		Room: wire.RoomOf(&p.Room), Role: p.Role, Head: wire.HeadOf(&p.Head),
		InvitedBy: wire.Person{User: p.InvitedBy.User, Name: p.InvitedBy.Name}, ExpiresAt: wire.MillisOf(p.ExpiresAt),
	}, err
}

func (h *Handler) acceptInvite(ctx context.Context, caller chat.UserID, in *acceptInput) (wire.Ack, error) {
	return ackOf(h.Service.AcceptInvite(ctx, caller, in.Body.Secret, in.Body.in("")))
}

func (h *Handler) revokeInvite(ctx context.Context, caller chat.UserID, in *secretInput) (Nothing, error) {
	return Nothing{}, h.Service.RevokeInvite(ctx, caller, in.Body.Secret)
}
