package httpapi

import (
	"context"
	"net/http"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// User is a user as they see themselves.
type User struct {
	ID         chat.UserID `json:"id"`
	Name       string      `json:"name"`
	CreatedAt  wire.Millis `json:"created_at"`
	IsOperator bool        `json:"operator,omitempty" doc:"Whether the user may ban others from all rooms."`
}

func userOf(u chat.User) User {
	return User{ID: u.ID, Name: u.Name, CreatedAt: wire.MillisOf(u.CreatedAt), IsOperator: u.IsOperator}
}

// Session is who is signed in, and until when.
type Session struct {
	Token     string      `json:"token,omitempty" doc:"Goes into the header Authorization as a bearer token, and into the socket's subprotocols. Absent in the answer of GET /session."`
	ExpiresAt wire.Millis `json:"expires_at" doc:"When the token expires."`
	User      User        `json:"user"`
}

// Code is a secret that is valid for a short time.
type Code struct {
	Code      string      `json:"code"`
	ExpiresAt wire.Millis `json:"expires_at"`
}

type signInInput struct {
	Authorization string `header:"Authorization" doc:"With a bearer token, renews it; without, signs in a new guest."`
	Body          *struct {
		Name string `json:"name" required:"false" doc:"The user's name, 1 to 40 characters; required for a new guest."`
	}
}

type nameInput struct {
	Body struct {
		Name string `json:"name" doc:"The user's name, 1 to 40 characters."`
	}
}

type codeInput struct {
	Body struct {
		Code string `json:"code" doc:"The code."`
	}
}

// Nothing is the empty body of an answer that says only that it was done.
type Nothing struct{}

func (h *Handler) addSession() {
	handle(h, route{method: http.MethodPost, path: "/session", summary: "Sign in as a new guest, or renew a token", isOpen: true}, h.signIn)
	handle(h, route{method: http.MethodGet, path: "/session", summary: "Show who is signed in"}, h.session)
	handle(h, route{method: http.MethodPatch, path: "/session", summary: "Change the caller's name, in every room"}, h.rename)
	handle(h, route{method: http.MethodPost, path: "/session/link", summary: "Create a code that signs in the caller on another device, once"}, h.linkDevice)
	handle(h, route{method: http.MethodPost, path: "/session/redeem", summary: "Sign in with the code of another device", isOpen: true}, h.redeemLink)
}

func (h *Handler) addOperation() {
	handle(h, route{method: http.MethodPost, path: "/operator", summary: "Make the caller an operator, with the secret printed at the first start"}, h.claimOperator)
	handle(h, route{method: http.MethodPut, path: "/bans/{user}", summary: "Ban a user from all rooms"}, h.ban)
	handle(h, route{method: http.MethodDelete, path: "/bans/{user}", summary: "Lift a ban"}, h.unban)
}

func (h *Handler) signIn(ctx context.Context, _ chat.UserID, in *signInInput) (Session, error) {
	if in.Authorization != "" {
		return h.renew(ctx, in.Authorization)
	}
	name := ""
	if in.Body != nil {
		name = in.Body.Name
	}
	user, err := h.Service.SignIn(ctx, addressOf(ctx), name)
	if err != nil {
		return Session{}, err
	}
	return h.begin(user)
}

func (h *Handler) renew(ctx context.Context, authorization string) (Session, error) {
	token, err := bearerToken(authorization)
	if err != nil {
		return Session{}, err
	}
	id, _, err := h.Tokens.Verify(ctx, token)
	if err != nil {
		return Session{}, err
	}
	user, err := h.Service.Account(ctx, id)
	if err != nil {
		return Session{}, err
	}
	renewed, expiresAt, err := h.Tokens.Renew(ctx, token)
	return Session{Token: renewed, ExpiresAt: wire.MillisOf(expiresAt), User: userOf(user)}, err
}

func (h *Handler) begin(user chat.User) (Session, error) {
	token, expiresAt, err := h.Tokens.Issue(user.ID)
	return Session{Token: token, ExpiresAt: wire.MillisOf(expiresAt), User: userOf(user)}, err
}

func (h *Handler) session(ctx context.Context, caller chat.UserID, _ *struct{}) (Session, error) {
	user, err := h.Service.Account(ctx, caller)
	return Session{ExpiresAt: wire.MillisOf(signedInOf(ctx).expiresAt), User: userOf(user)}, err
}

func (h *Handler) rename(ctx context.Context, caller chat.UserID, in *nameInput) (User, error) {
	user, err := h.Service.Rename(ctx, caller, in.Body.Name)
	return userOf(user), err
}

func (h *Handler) linkDevice(ctx context.Context, caller chat.UserID, _ *struct{}) (Code, error) {
	code, expiresAt, err := h.Service.LinkDevice(ctx, caller)
	return Code{Code: code, ExpiresAt: wire.MillisOf(expiresAt)}, err
}

func (h *Handler) redeemLink(ctx context.Context, _ chat.UserID, in *codeInput) (Session, error) {
	user, err := h.Service.RedeemLink(ctx, addressOf(ctx), in.Body.Code)
	if err != nil {
		return Session{}, err
	}
	return h.begin(user)
}

func (h *Handler) claimOperator(ctx context.Context, caller chat.UserID, in *codeInput) (User, error) {
	user, err := h.Service.ClaimOperator(ctx, caller, in.Body.Code)
	return userOf(user), err
}

type userPath struct {
	User chat.UserID `path:"user"`
}

func (h *Handler) ban(ctx context.Context, caller chat.UserID, in *userPath) (Nothing, error) {
	return Nothing{}, h.Service.Ban(ctx, caller, in.User)
}

func (h *Handler) unban(ctx context.Context, caller chat.UserID, in *userPath) (Nothing, error) {
	return Nothing{}, h.Service.Unban(ctx, caller, in.User)
}
