package main

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/maru-chat/maru/internal/auth"
	"github.com/maru-chat/maru/internal/chat"
)

// secrets keeps secrets that this Maru has generated; *dynamostore.Store satisfies
// it.
type secrets interface {
	// Secret returns the secret of that name, and stores what make returns when
	// there is none.
	Secret(ctx context.Context, name string, make func() []byte) ([]byte, error)
}

// signingKey is the name under which the key that signs tokens is kept.
const signingKey = "KEY"

// tokens are auth.Tokens whose key is read when it is first needed, because a
// starting process sends no requests. Until the key has been read, every method may
// fail with CodeUnavailable.
type tokens struct {
	secrets secrets

	mu    sync.Mutex
	known *auth.Tokens
}

// ready returns the tokens, and reads their key if it has not been read yet.
func (t *tokens) ready(ctx context.Context) (*auth.Tokens, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known != nil {
		return t.known, nil
	}
	key, err := t.secrets.Secret(ctx, signingKey, newKey)
	if err != nil {
		return nil, chat.Wrap(err, chat.CodeUnavailable, "read the signing key")
	}
	t.known, err = auth.NewTokens(key, time.Now)
	return t.known, chat.Wrap(err, chat.CodeInternal, "use the signing key")
}

func newKey() []byte {
	key := make([]byte, auth.KeySize)
	_, _ = rand.Read(key) // crypto/rand.Read never fails
	return key
}

// keyWait bounds the reading of the key where the caller has no context.
const keyWait = 3 * time.Second

// Issue returns a token for the user and when it runs out.
func (t *tokens) Issue(user chat.UserID) (token string, expiresAt time.Time, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), keyWait)
	defer cancel()
	ready, err := t.ready(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	return ready.Issue(user)
}

// Verify returns whose token it is and when it runs out.
func (t *tokens) Verify(ctx context.Context, token string) (user chat.UserID, expiresAt time.Time, err error) {
	ready, err := t.ready(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	return ready.Verify(ctx, token)
}

// Renew returns a token of the same user that is good for at least half of a
// token's life.
func (t *tokens) Renew(ctx context.Context, token string) (renewed string, expiresAt time.Time, err error) {
	ready, err := t.ready(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	return ready.Renew(ctx, token)
}
