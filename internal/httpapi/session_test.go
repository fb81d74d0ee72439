package httpapi

import (
	"strings"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

func TestSession(t *testing.T) {
	t.Parallel()

	t.Run("a guest signs in with a name and is known by the token", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		signedIn := must[Session](s, request{method: "POST", path: "/session", body: `{"name":"미나"}`})
		if signedIn.Token == "" || signedIn.User.Name != "미나" || signedIn.ExpiresAt.Time() != tokenEnd {
			t.Fatalf("signed in as %+v", signedIn)
		}
		known := must[Session](s, request{method: "GET", path: "/session", token: signedIn.Token})
		if known.User != signedIn.User || known.Token != "" || known.ExpiresAt != signedIn.ExpiresAt {
			t.Errorf("known as %+v, want %+v without a token", known, signedIn)
		}
	})

	t.Run("a token is renewed for the same user, with no body", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		user := s.signUp("Mina")
		renewed := must[Session](s, request{method: "POST", path: "/session", token: "old:" + user})
		if renewed.Token != "good:"+user || string(renewed.User.ID) != user {
			t.Errorf("renewed: %+v", renewed)
		}
	})

	t.Run("an expired token does not make a new guest", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		p, header := s.refused(request{method: "POST", path: "/session", token: "expired", body: `{"name":"Mina"}`})
		if p.Status != 401 || header.Get("WWW-Authenticate") == "" {
			t.Errorf("%d %v, want 401 and how to sign in", p.Status, header)
		}
	})

	t.Run("a token of a user who no longer exists is refused as unauthenticated", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		for _, method := range []string{"GET", "POST"} {
			if p, _ := s.refused(request{method: method, path: "/session", as: "nobody"}); p.Status != 401 {
				t.Errorf("%s: %d, want 401", method, p.Status)
			}
		}
	})

	t.Run("sign-ins are limited by address, and the refusal says how long to wait", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		s.service.Rates.SignIns = chat.Rate{Burst: 1, Every: 1500 * time.Millisecond}
		s.signUp("First")
		p, header := s.refused(request{method: "POST", path: "/session", body: `{"name":"Mina"}`})
		if p.Status != 429 || p.RetryAfterMS != 1500 || header.Get("Retry-After") != "2" {
			t.Errorf("%+v, Retry-After %q; want 429 after 1500 ms", p, header.Get("Retry-After"))
		}
	})

	t.Run("a new name is stored", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		user := s.signUp("Mina")
		s.createRoom(user, "room", chat.Public)
		must[User](s, request{method: "PATCH", path: "/session", as: user, body: `{"name":"Minji"}`})
		members := must[MemberList](s, request{method: "GET", path: "/rooms/room/members", as: user})
		if len(members.Members) != 1 || members.Members[0].Name != "Minji" {
			t.Errorf("members %+v, want Minji", members.Members)
		}
	})

	t.Run("a code signs the same user in on a second device, once", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		user := s.signUp("Mina")
		code := must[Code](s, request{method: "POST", path: "/session/link", as: user})
		redeem := request{method: "POST", path: "/session/redeem", body: `{"code":"` + code.Code + `"}`}
		if second := must[Session](s, redeem); string(second.User.ID) != user || second.Token != "good:"+user {
			t.Errorf("the second device is %+v, want %s", second, user)
		}
		if p, _ := s.refused(redeem); p.Code != chat.CodeNotFound {
			t.Errorf("the second use: %s, want not_found", p.Code)
		}
	})

	t.Run("a user whom an operator banned may do nothing", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		operator, troll := s.signUp("Boss"), s.signUp("Troll")
		secret, err := s.service.OfferOperator(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if p, _ := s.refused(request{method: "PUT", path: "/bans/" + troll, as: operator}); p.Code != chat.CodeForbidden {
			t.Fatalf("a ban by anybody: %s, want forbidden", p.Code)
		}
		if claimed := must[User](s, request{method: "POST", path: "/operator", as: operator, body: `{"code":"` + secret + `"}`}); !claimed.IsOperator {
			t.Fatalf("claimed %+v, want an operator", claimed)
		}
		must[Nothing](s, request{method: "PUT", path: "/bans/" + troll, as: operator})
		if p, _ := s.refused(request{method: "GET", path: "/rooms", as: troll}); p.Code != chat.CodeForbidden {
			t.Errorf("a banned user: %s, want forbidden", p.Code)
		}
		must[Nothing](s, request{method: "DELETE", path: "/bans/" + troll, as: operator})
		must[any](s, request{method: "GET", path: "/rooms", as: troll})
	})
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	user := s.signUp("Mina")
	for header, status := range map[string]int{
		"Bearer good:" + user:    200,
		"bearer  good:" + user:   200,
		"":                       401,
		"Bearer":                 401,
		"Bearer ":                401,
		"Basic good:" + user:     401,
		"good:" + user:           401,
		"Bearer expired:" + user: 401,
	} {
		t.Run(strings.ReplaceAll(header, " ", "_"), func(t *testing.T) {
			t.Parallel()
			w := s.do(request{method: "GET", path: "/session", headers: map[string]string{"Authorization": header}})
			if w.Code != status {
				t.Errorf("%q: %d %s, want %d", header, w.Code, w.Body, status)
			}
		})
	}
	t.Run("a_token_in_the_address_is_no_token", func(t *testing.T) {
		t.Parallel()
		if w := s.do(request{method: "GET", path: "/session?access_token=good:" + user}); w.Code != 401 {
			t.Errorf("%d, want 401", w.Code)
		}
	})
}
