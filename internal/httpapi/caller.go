package httpapi

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/maru-chat/maru/internal/chat"
)

// signedIn is who sent a request, by its token.
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

// authenticate lets a request on with its caller, or answers that it has none.
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

// bearerToken reads the header Authorization (RFC 6750).
func bearerToken(header string) (string, error) {
	scheme, token, _ := strings.Cut(header, " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, bearer) || token == "" {
		return "", chat.Errorf(chat.CodeUnauthenticated, "sign in first: the header Authorization carries no bearer token")
	}
	return token, nil
}

type addressKey struct{}

// addressOf returns what rates count as one sender: an IPv4 address, or the
// first 64 bits of an IPv6 one, which are what one subscriber is given.
func addressOf(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

func withAddress(r *http.Request) *http.Request {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		host = network(ip.Unmap())
	}
	return r.WithContext(context.WithValue(r.Context(), addressKey{}, host))
}

func network(ip netip.Addr) string {
	const subscriberBits = 64
	if ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.WithZone("").Prefix(subscriberBits)
	if err != nil {
		return ip.String()
	}
	return prefix.String()
}
