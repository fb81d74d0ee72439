package dynamostore

import (
	"bytes"
	"crypto/rand"
	"sync"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/faultproxy"
)

func newSecret() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it never fails
	return b
}

func TestStore_Secret(t *testing.T) {
	t.Parallel()
	url := endpoint(t)

	t.Run("gives many who ask at once the same", func(t *testing.T) {
		t.Parallel()
		name := rand.Text()
		secrets := make([][]byte, 10)
		var all sync.WaitGroup
		for i := range secrets {
			s := openAt(t, url)
			all.Go(func() {
				var err error
				if secrets[i], err = s.Secret(t.Context(), name, newSecret); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, secret := range secrets {
			if len(secret) != 32 || !bytes.Equal(secret, secrets[0]) {
				t.Fatalf("secrets differ or have no 32 bytes")
			}
		}
	})

	t.Run("keeps what an unheard write made", func(t *testing.T) {
		t.Parallel()
		p := startProxy(t, faultproxy.Config{Seed: 1})
		p.Script("PutItem", faultproxy.AnswerLost)
		name := rand.Text()
		first, err := openAt(t, p.Endpoint()).Secret(t.Context(), name, newSecret)
		if err != nil {
			t.Fatal(err)
		}
		again, err := openAt(t, url).Secret(t.Context(), name, func() []byte {
			t.Error("a second secret was made")
			return newSecret()
		})
		if err != nil || !bytes.Equal(first, again) {
			t.Errorf("the second to ask got other bytes, or %v", err)
		}
	})

	t.Run("refuses what is no secret", func(t *testing.T) {
		t.Parallel()
		s, name := openAt(t, url), rand.Text()
		broken := newItem(secretKey(name))
		if _, _, err := s.change(t.Context(), change{put: broken}); err != nil {
			t.Fatal(err)
		}
		_, err := s.Secret(t.Context(), name, newSecret)
		if chat.CodeOf(err) != chat.CodeInternal {
			t.Errorf("got %v, want internal", err)
		}
	})
}
