package auth

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/maru-chat/maru/internal/chat"
)

var (
	testKey  = bytes.Repeat([]byte{7}, KeySize)
	otherKey = bytes.Repeat([]byte{8}, KeySize)
	issuedAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

func newTokens(t testing.TB, at time.Time) *Tokens {
	t.Helper()
	tokens, err := NewTokens(testKey, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func issue(t testing.TB, user chat.UserID) string {
	t.Helper()
	token, _, err := newTokens(t, issuedAt).Issue(user)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// forge signs claims that Issue would not make.
func forge(t testing.TB, method jwt.SigningMethod, key any, claims jwt.Claims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func goodClaims() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": issuer, "aud": audience, "sub": "mina",
		"iat": issuedAt.Unix(), "exp": issuedAt.Add(Life).Unix(),
	}
}

func with(key string, value any) jwt.MapClaims {
	claims := goodClaims()
	claims[key] = value
	return claims
}

func without(key string) jwt.MapClaims {
	claims := goodClaims()
	delete(claims, key)
	return claims
}

func TestTokens_Verify_accepts(t *testing.T) {
	t.Parallel()
	token := issue(t, "mina")
	for name, at := range map[string]time.Time{
		"a new token":                issuedAt,
		"a token in its last second": issuedAt.Add(Life - time.Second),
		"a token from a clock ahead": issuedAt.Add(-time.Minute),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user, expiresAt, err := newTokens(t, at).Verify(t.Context(), token)
			if err != nil || user != "mina" || !expiresAt.Equal(issuedAt.Add(Life)) {
				t.Errorf("Verify = %q, %v, %v; want mina until %v", user, expiresAt, err, issuedAt.Add(Life))
			}
		})
	}
	t.Run("claims that Issue would make", func(t *testing.T) {
		t.Parallel() // or the forged tokens below could be refused for another reason
		if _, _, err := newTokens(t, issuedAt).Verify(t.Context(), forge(t, jwt.SigningMethodHS256, testKey, goodClaims())); err != nil {
			t.Error(err)
		}
	})
}

func TestTokens_Verify_refuses(t *testing.T) {
	t.Parallel()
	good := issue(t, "mina")
	head, rest, _ := strings.Cut(good, ".")
	body, signature, _ := strings.Cut(rest, ".")
	hs256 := jwt.SigningMethodHS256
	for name, token := range map[string]string{
		"an empty token":               "",
		"a word":                       "hello",
		"bytes that are not UTF-8":     "\xff\xfe." + body + "." + signature,
		"a token cut short":            good[:len(good)-1],
		"a token with more at its end": good + "A",
		"a token without signature":    head + "." + body + ".",
		"another body":                 head + "." + body[:len(body)-4] + "AAAA." + signature,
		"a token too long":             good + strings.Repeat("A", MaxToken),
		"no algorithm":                 forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, goodClaims()),
		"another HMAC":                 forge(t, jwt.SigningMethodHS512, testKey, goodClaims()),
		"another key":                  forge(t, hs256, otherKey, goodClaims()),
		"another issuer":               forge(t, hs256, testKey, with("iss", "elsewhere")),
		"no issuer":                    forge(t, hs256, testKey, without("iss")),
		"another audience":             forge(t, hs256, testKey, with("aud", "elsewhere")),
		"no audience":                  forge(t, hs256, testKey, without("aud")),
		"no end":                       forge(t, hs256, testKey, without("exp")),
		"an end that is no number":     forge(t, hs256, testKey, with("exp", "soon")),
		"no user":                      forge(t, hs256, testKey, without("sub")),
		"a user that is no id":         forge(t, hs256, testKey, with("sub", "a b")),
		"a user of a wrong type":       forge(t, hs256, testKey, with("sub", 7)),
		"a start in the far future":    forge(t, hs256, testKey, with("nbf", issuedAt.Add(time.Hour).Unix())),
		"a token that ran out today":   forge(t, hs256, testKey, with("exp", issuedAt.Unix())),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user, _, err := newTokens(t, issuedAt).Verify(t.Context(), token)
			if chat.CodeOf(err) != chat.CodeUnauthenticated || user != "" {
				t.Fatalf("Verify = %q, %v; want nobody and unauthenticated", user, err)
			}
			if len(token) > 20 && strings.Contains(err.Error(), token[:20]) {
				t.Errorf("the error holds the token: %v", err)
			}
		})
	}
	t.Run("a token that ran out, and says so", func(t *testing.T) {
		t.Parallel()
		_, _, err := newTokens(t, issuedAt.Add(Life)).Verify(t.Context(), good)
		if chat.CodeOf(err) != chat.CodeUnauthenticated || !strings.Contains(err.Error(), "ran out") {
			t.Errorf("Verify: %v, want unauthenticated because it ran out", err)
		}
	})
}

func TestTokens_Renew(t *testing.T) {
	t.Parallel()
	token := issue(t, "mina")
	t.Run("keeps the token while half of its life is left", func(t *testing.T) {
		t.Parallel()
		renewed, expiresAt, err := newTokens(t, issuedAt.Add(Life/2)).Renew(t.Context(), token)
		if err != nil || renewed != token || !expiresAt.Equal(issuedAt.Add(Life)) {
			t.Errorf("Renew = (same: %t), %v, %v; want the same token", renewed == token, expiresAt, err)
		}
	})
	t.Run("gives a new token of the same user when half is gone", func(t *testing.T) {
		t.Parallel()
		at := issuedAt.Add(Life/2 + time.Second)
		tokens := newTokens(t, at)
		renewed, expiresAt, err := tokens.Renew(t.Context(), token)
		if err != nil || renewed == token || !expiresAt.Equal(at.Add(Life)) {
			t.Fatalf("Renew = (same: %t), %v, %v; want a new token until %v", renewed == token, expiresAt, err, at.Add(Life))
		}
		if user, _, err := tokens.Verify(t.Context(), renewed); err != nil || user != "mina" {
			t.Errorf("Verify of the new token = %q, %v; want mina", user, err)
		}
	})
	t.Run("refuses a token that ran out", func(t *testing.T) {
		t.Parallel()
		if _, _, err := newTokens(t, issuedAt.Add(Life)).Renew(t.Context(), token); chat.CodeOf(err) != chat.CodeUnauthenticated {
			t.Errorf("Renew: %v, want unauthenticated", err)
		}
	})
}

func TestNewTokens_refuses_a_short_key(t *testing.T) {
	t.Parallel()
	if _, err := NewTokens([]byte("short"), time.Now); err == nil {
		t.Error("NewTokens accepted a key of 5 bytes")
	}
}

// FuzzTokens_Verify looks for a string that is accepted although the key did not
// sign it, or that makes Verify panic.
func FuzzTokens_Verify(f *testing.F) {
	good := issue(f, "mina")
	f.Add(good)
	f.Add("")
	f.Add("..")
	f.Add(good[:len(good)-2])
	f.Add(forge(f, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, goodClaims()))
	f.Add(forge(f, jwt.SigningMethodHS256, otherKey, goodClaims()))
	tokens := newTokens(f, issuedAt)
	f.Fuzz(func(t *testing.T, token string) {
		user, _, err := tokens.Verify(t.Context(), token)
		switch {
		case err == nil && token != good:
			t.Fatalf("accepted %q as %q", token, user)
		case err != nil && chat.CodeOf(err) != chat.CodeUnauthenticated:
			t.Fatalf("refused with %v, want unauthenticated", err)
		}
	})
}
