package chat_test

import (
	"sync"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

func TestService_ClassicSend(t *testing.T) {
	t.Parallel()
	t.Run("creates the user, the room and the membership with the first post", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Private, nil)
		kim := chat.Classic{Room: "점심", User: "42", Name: "김마루", Address: "127.0.0.1"}
		e, _, err := h.ClassicSend(t.Context(), kim, "안녕")
		if err != nil || e.Text != "안녕" || chat.ClassicName(string(e.Author)) != "42" {
			t.Fatalf("sent %+v, %v", e, err)
		}
		public, err := h.PublicRooms(t.Context(), "ann", "", 10)
		if err != nil || len(public) != 1 || public[0].Room.Title != "점심" || public[0].Room.Owners != 0 {
			t.Errorf("public rooms %+v, %v", public, err)
		}
		user, err := h.Account(t.Context(), e.Author)
		if err != nil || !user.IsUnverified || user.Name != "김마루" {
			t.Errorf("user %+v, %v", user, err)
		}
		// A member of Maru joins it like any other room.
		h.must(h.Join(t.Context(), "ann", chat.Write{Room: e.Room}))
		kim.Name = "김대청"
		if _, _, err := h.ClassicSend(t.Context(), kim, "새 이름"); err != nil {
			t.Fatal(err)
		}
		history := h.classicHistory("점심")
		if len(history.Posts) != 2 || history.Names[0].Name != "김대청" {
			t.Errorf("history %+v", history)
		}
	})
	t.Run("lets two first posts race", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Private, nil)
		var wg sync.WaitGroup
		for _, user := range []string{"1", "2", "3", "1"} {
			wg.Go(func() {
				if _, _, err := h.ClassicSend(t.Context(), chat.Classic{Room: "r", User: user, Address: "127.0.0.1"}, "hi"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if history := h.classicHistory("r"); len(history.Posts) != 4 {
			t.Errorf("%d posts", len(history.Posts))
		}
	})
	t.Run("refuses invalid input, and posts beyond the rate", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Private, nil)
		for rule, c := range map[string]struct {
			classic chat.Classic
			text    string
		}{
			"no room":   {chat.Classic{User: "1"}, "x"},
			"no user":   {chat.Classic{Room: "r"}, "x"},
			"no text":   {chat.Classic{Room: "r", User: "1"}, ""},
			"bad name":  {chat.Classic{Room: "r", User: "1", Name: "a\u200b"}, "x"},
			"bad UTF-8": {chat.Classic{Room: "r", User: "\xff"}, "x"},
		} {
			if _, _, err := h.ClassicSend(t.Context(), c.classic, c.text); chat.CodeOf(err) != chat.CodeInvalid {
				t.Errorf("%s: %v", rule, err)
			}
		}
		h.Limiter.Refuse("classic:127.0.0.2", time.Second)
		_, _, err := h.ClassicSend(t.Context(), chat.Classic{Room: "r", User: "1", Address: "127.0.0.2"}, "x")
		if chat.CodeOf(err) != chat.CodeRateLimited {
			t.Errorf("too often: %v", err)
		}
		if rooms, err := h.PublicRooms(t.Context(), "ann", "", 10); err != nil || len(rooms) != 0 {
			t.Errorf("a refused request made %+v, %v", rooms, err)
		}
	})
	t.Run("reaches no room of Maru", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		h.send("ann", "not for classic eyes")
		if history := h.classicHistory(string(hall)); len(history.Posts) != 0 {
			t.Errorf("history %+v", history)
		}
	})
}

func TestService_ClassicJoin_is_limited_by_address(t *testing.T) {
	t.Parallel()
	const stranger, other = "192.0.2.1", "192.0.2.2"
	kim := chat.Classic{Room: "r", User: "kim", Address: stranger}
	for name, tc := range map[string]struct {
		refuse string
		join   chat.Classic
	}{
		"connecting again": {"reads:" + stranger, kim},
		"joining a room":   {"classic:" + stranger, chat.Classic{Room: "r", User: "lee", Address: stranger}},
		"making a room":    {"rooms:" + stranger, chat.Classic{Room: "new", User: "kim", Address: stranger}},
		"making a user":    {"sign-ins:" + stranger, chat.Classic{Room: "r", User: "park", Address: stranger}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, chat.Public, nil)
			for _, c := range []chat.Classic{kim, {Room: "s", User: "lee", Address: stranger}} {
				if _, _, err := h.ClassicJoin(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
			h.Limiter.Refuse(tc.refuse, time.Minute)
			if _, _, err := h.ClassicJoin(t.Context(), tc.join); chat.CodeOf(err) != chat.CodeRateLimited {
				t.Errorf("from the same address: %v, want %s", err, chat.CodeRateLimited)
			}
			tc.join.Address = other
			if _, _, err := h.ClassicJoin(t.Context(), tc.join); err != nil {
				t.Errorf("from another address: %v", err)
			}
		})
	}
	t.Run("a post is one write of the address, and none of the user", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		_, user, err := h.ClassicJoin(t.Context(), kim)
		if err != nil {
			t.Fatal(err)
		}
		h.Limiter.Refuse("writes:"+string(user), time.Minute)
		h.Limiter.Refuse("rooms:"+string(user), time.Minute)
		before := h.Limiter.taken["classic:"+stranger]
		if _, _, err := h.ClassicSend(t.Context(), chat.Classic{Room: "new", User: "kim", Name: "Kim", Address: stranger}, "hi"); err != nil {
			t.Error(err)
		}
		if n := h.Limiter.taken["classic:"+stranger] - before; n != 1 {
			t.Errorf("a post that makes its room took %d writes, want 1", n)
		}
	})
}

// classicHistory is the first page of a classic room.
func (h *house) classicHistory(room string) (page chat.History) {
	h.t.Helper()
	err := h.ClassicHistory(h.t.Context(), "127.0.0.1", room, 0, func(p chat.History) bool {
		page = p
		return false
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return page
}

func TestService_ClassicHistory(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Public, nil)
	kim := chat.Classic{Room: "r", User: "1", Address: "127.0.0.1"}
	for range chat.MaxHistory + 1 {
		if _, _, err := h.ClassicSend(t.Context(), kim, "x"); err != nil {
			t.Fatal(err)
		}
	}
	pages, posts := 0, 0
	err := h.ClassicHistory(t.Context(), "127.0.0.2", "r", 0, func(p chat.History) bool {
		pages++
		posts += len(p.Posts)
		return true
	})
	if err != nil || pages != 2 || posts != chat.MaxHistory+1 || h.Limiter.taken["reads:127.0.0.2"] != 1 {
		t.Errorf("%d pages, %d posts, %d reads, %v", pages, posts, h.Limiter.taken["reads:127.0.0.2"], err)
	}
	for range chat.MaxHistory * 50 { // one page more than a read's 50
		if _, _, err := h.ClassicSend(t.Context(), kim, "x"); err != nil {
			t.Fatal(err)
		}
	}
	before := h.Limiter.taken["reads:127.0.0.2"]
	if err := h.ClassicHistory(t.Context(), "127.0.0.2", "r", 0, func(chat.History) bool { return true }); err != nil {
		t.Error(err)
	}
	if n := h.Limiter.taken["reads:127.0.0.2"] - before; n != 2 {
		t.Errorf("52 pages took %d reads, want 2", n)
	}
	h.Limiter.Refuse("reads:127.0.0.2", time.Second)
	err = h.ClassicHistory(t.Context(), "127.0.0.2", "r", 0, func(chat.History) bool {
		t.Error("a refused read got a page")
		return false
	})
	if chat.CodeOf(err) != chat.CodeRateLimited {
		t.Errorf("too often: %v", err)
	}
}

func TestService_SignIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Public, nil)
	user, err := h.SignIn(t.Context(), "127.0.0.1", "새 사람")
	if err != nil || user.Version != 1 || !user.CreatedAt.Equal(epoch) {
		t.Errorf("signed in %+v, %v", user, err)
	}
	if _, err := h.SignIn(t.Context(), "127.0.0.1", ""); chat.CodeOf(err) != chat.CodeInvalid {
		t.Errorf("without a name: %v", err)
	}
	h.Limiter.Refuse("sign-ins:127.0.0.1", time.Minute)
	if _, err := h.SignIn(t.Context(), "127.0.0.1", "x"); chat.CodeOf(err) != chat.CodeRateLimited {
		t.Errorf("too often: %v", err)
	}
}
