package main

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/maru-chat/maru/internal/auth"
	"github.com/maru-chat/maru/internal/chat"
)

// fakeSecrets keeps one secret; it fails while failing is above 0.
type fakeSecrets struct {
	kept           []byte
	failing, reads int
}

func (f *fakeSecrets) Secret(_ context.Context, name string, generate func() []byte) ([]byte, error) {
	f.reads++
	if f.failing > 0 {
		f.failing--
		return nil, errors.New("no table")
	}
	if name != "KEY" {
		return nil, errors.New("another name")
	}
	if f.kept == nil {
		f.kept = generate()
	}
	return f.kept, nil
}

func TestTokens(t *testing.T) {
	t.Parallel()

	t.Run("reads the key once, at the first need", func(t *testing.T) {
		t.Parallel()
		secrets := &fakeSecrets{}
		mine := &tokens{secrets: secrets}
		if secrets.reads != 0 {
			t.Error("the key was read before it was needed")
		}
		token, _, err := mine.Issue("mina")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if user, _, err := mine.Verify(t.Context(), token); err != nil || user != "mina" {
				t.Errorf("Verify = %q, %v", user, err)
			}
		}
		if renewed, _, err := mine.Renew(t.Context(), token); err != nil || renewed != token {
			t.Errorf("Renew: %v", err)
		}
		if secrets.reads != 1 || len(secrets.kept) != auth.KeySize {
			t.Errorf("%d reads of %d bytes, want 1 of %d", secrets.reads, len(secrets.kept), auth.KeySize)
		}
	})

	t.Run("agrees with every process that has the key", func(t *testing.T) {
		t.Parallel()
		secrets := &fakeSecrets{}
		token, _, err := (&tokens{secrets: secrets}).Issue("mina")
		if err != nil {
			t.Fatal(err)
		}
		if user, _, err := (&tokens{secrets: secrets}).Verify(t.Context(), token); err != nil || user != "mina" {
			t.Errorf("Verify = %q, %v", user, err)
		}
	})

	t.Run("is unavailable while the key cannot be read, and not after", func(t *testing.T) {
		t.Parallel()
		mine := &tokens{secrets: &fakeSecrets{failing: 3}}
		_, _, issueErr := mine.Issue("mina")
		_, _, verifyErr := mine.Verify(t.Context(), "x")
		_, _, renewErr := mine.Renew(t.Context(), "x")
		for _, err := range []error{issueErr, verifyErr, renewErr} {
			if chat.CodeOf(err) != chat.CodeUnavailable {
				t.Errorf("without the key: %v, want unavailable: nobody is signed out by it", err)
			}
		}
		if _, _, err := mine.Issue("mina"); err != nil {
			t.Errorf("with the key: %v", err)
		}
	})

	t.Run("refuses a key that is none", func(t *testing.T) {
		t.Parallel()
		mine := &tokens{secrets: &fakeSecrets{kept: bytes.Repeat([]byte{1}, 5)}}
		if _, _, err := mine.Verify(t.Context(), "x"); chat.CodeOf(err) != chat.CodeInternal {
			t.Errorf("Verify: %v, want internal", err)
		}
	})
}
