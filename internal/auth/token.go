// Package auth issues and verifies the tokens that say who a caller is. The
// domain, not this package, decides what a caller may do and who is banned.
//
// A guest's token is a JSON Web Token (RFC 7519) signed with HMAC-SHA-256. The key
// is made on the first start and kept beside the data. Invariants:
//
//   - Only one algorithm, one issuer and one audience are accepted. Otherwise a
//     token could choose how it is verified.
//   - A token is verified with the key alone, without a look-up. So all processes
//     that have the key agree, and single tokens cannot be revoked.
//   - No error and no log line carries a token.
package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/maru-chat/maru/internal/chat"
)

// Life is how long a token from Issue is valid.
const Life = 90 * 24 * time.Hour

// MaxToken is how many bytes a token may have. Those from Issue have about 250.
const MaxToken = 4096

const (
	issuer   = "maru"
	audience = "maru"
)

// Tokens issues and verifies the tokens of guests. It is safe for concurrent
// use.
type Tokens struct {
	key    []byte
	now    func() time.Time
	parser *jwt.Parser
}

// NewTokens returns Tokens that sign with the key of KeySize bytes and read the
// time from now.
func NewTokens(key []byte, now func() time.Time) (*Tokens, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("auth: a signing key has %d bytes, not %d", KeySize, len(key))
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(now),
	)
	return &Tokens{key: key, now: now, parser: parser}, nil
}

// Issue returns a token for the user and when it expires, in whole seconds.
func (t *Tokens) Issue(user chat.UserID) (token string, expiresAt time.Time, err error) {
	now := t.now().UTC().Truncate(time.Second)
	expiresAt = now.Add(Life)
	token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Issuer:    issuer,
		Audience:  jwt.ClaimStrings{audience},
		Subject:   string(user),
		IssuedAt:  jwt.NewNumericDate(now),
		ExpiresAt: jwt.NewNumericDate(expiresAt),
	}).SignedString(t.key)
	if err != nil {
		return "", time.Time{}, chat.Wrap(err, chat.CodeInternal, "sign a token")
	}
	return token, expiresAt, nil
}

// Verify returns the user of the token and when it expires. It refuses every other
// token with CodeUnauthenticated.
func (t *Tokens) Verify(_ context.Context, token string) (user chat.UserID, expiresAt time.Time, err error) {
	if len(token) > MaxToken {
		return "", time.Time{}, chat.Errorf(chat.CodeUnauthenticated, "the token is not ours")
	}
	var claims jwt.RegisteredClaims
	_, err = t.parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return t.key, nil })
	if errors.Is(err, jwt.ErrTokenExpired) {
		return "", time.Time{}, chat.Errorf(chat.CodeUnauthenticated, "the token ran out: sign in again")
	}
	user = chat.UserID(claims.Subject)
	if err != nil || !user.Valid() {
		return "", time.Time{}, chat.Errorf(chat.CodeUnauthenticated, "the token is not ours")
	}
	return user, claims.ExpiresAt.UTC(), nil
}

// Renew returns a token for the same user that is valid for at least half of Life:
// the given one if it is, and otherwise a new one. It refuses what Verify refuses.
func (t *Tokens) Renew(ctx context.Context, token string) (renewed string, expiresAt time.Time, err error) {
	user, expiresAt, err := t.Verify(ctx, token)
	if err != nil {
		return "", time.Time{}, err
	}
	if expiresAt.Sub(t.now()) >= Life/2 {
		return token, expiresAt, nil
	}
	return t.Issue(user)
}
