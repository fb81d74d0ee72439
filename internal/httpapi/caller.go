package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/session"
)

// signedIn is the sender of a request, by its token.
type signedIn struct {
	user      chat.UserID
	token     string
	expiresAt time.Time
}

type signedInKey struct{}

// callerOf returns the user whose token the request carried; "" on open routes.
func callerOf(ctx context.Context) chat.UserID { return signedInOf(ctx).user }

func signedInOf(ctx context.Context) signedIn {
	s, _ := ctx.Value(signedInKey{}).(signedIn)
	return s
}

// authenticate passes a request on with its caller, or refuses it.
func (h *Handler) authenticate(ctx huma.Context, next func(huma.Context)) {
	token, err := bearerToken(ctx.Header("Authorization"))
	var s signedIn
	if err == nil {
		s.token = token
		s.user, s.expiresAt, err = h.Tokens.Verify(ctx.Context(), token)
	}
	if err != nil {
		_, w := humago.Unwrap(ctx)
		failed(ctx.Context(), err).write(w)
		return
	}
	next(huma.WithValue(ctx, signedInKey{}, s))
}

// bearerToken returns the token in the header Authorization (RFC 6750).
func bearerToken(header string) (string, error) {
	scheme, token, _ := strings.Cut(header, " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, bearer) || token == "" {
		return "", chat.Errorf(chat.CodeUnauthenticated, "sign in first: the header Authorization carries no bearer token")
	}
	return token, nil
}

type addressKey struct{}

// addressOf returns the sender's address, as rates count it.
func addressOf(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

func withAddress(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), addressKey{}, session.Sender(r.RemoteAddr)))
}
