package httpapi

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

func TestRooms(t *testing.T) {
	t.Parallel()

	t.Run("a room is created once, however often the request is sent", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		mina := s.signUp("Mina")
		create := request{method: "POST", path: "/rooms", as: mina, body: `{"room":"r1","title":"점심","visibility":"private","id":"e1"}`}
		first, again := must[wire.Ack](s, create), must[wire.Ack](s, create)
		if first.Seq != 1 || first.Existed || !again.Existed || *first.Cursor != *again.Cursor {
			t.Errorf("first %+v, again %+v", first, again)
		}
		list := must[RoomList](s, request{method: "GET", path: "/rooms", as: mina})
		if len(list.Rooms) != 1 || list.Rooms[0].Room.Title != "점심" || list.Rooms[0].Role != chat.RoleOwner || list.Rooms[0].Head.Cursor != *first.Cursor {
			t.Errorf("rooms %+v", list)
		}
		other := create
		other.as = s.signUp("Other")
		if p, _ := s.refused(other); p.Status != 409 || p.Code != chat.CodeConflict {
			t.Errorf("a taken id: %d %s, want 409 conflict", p.Status, p.Code)
		}
	})

	t.Run("unread posts and mentions are counted until they are marked as read", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		mina, joon := s.signUp("Mina"), s.signUp("Joon")
		s.createRoom(mina, "room", chat.Public)
		must[wire.Ack](s, request{method: "POST", path: "/rooms/room/join", as: joon})
		s.post(mina, "room", "one")
		s.post(mina, "room", "@Joon two", chat.UserID(joon))
		unread := func() wire.RoomView {
			return must[RoomList](s, request{method: "GET", path: "/rooms", as: joon}).Rooms[0]
		}
		v := unread()
		if v.Unread != (wire.Unread{Posts: 2, Mentions: 1}) {
			t.Errorf("unread %+v, want 2 posts, 1 mention", v.Unread)
		}
		cursor, _ := v.Head.Cursor.MarshalText()
		must[Nothing](s, request{method: "PUT", path: "/rooms/room/mark", as: joon, body: `{"cursor":"` + string(cursor) + `"}`})
		if v := unread(); v.Unread != (wire.Unread{}) {
			t.Errorf("unread %+v after the mark, want none", v.Unread)
		}
		mentions := must[MentionList](s, request{method: "GET", path: "/mentions", as: joon})
		if len(mentions.Mentions) != 1 || mentions.Mentions[0].Room != "room" {
			t.Errorf("mentions %+v", mentions)
		}
	})

	t.Run("public rooms are listed for everybody, page by page", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		mina, joon := s.signUp("Mina"), s.signUp("Joon")
		for _, id := range []string{"a", "b", "c"} {
			s.createRoom(mina, id, chat.Public)
		}
		s.createRoom(mina, "hidden", chat.Private)
		var found []string
		after := ""
		for {
			page := must[RoomList](s, request{method: "GET", path: "/rooms/public?limit=2&after=" + after, as: joon})
			for _, v := range page.Rooms {
				found = append(found, string(v.Room.ID))
			}
			if after = string(page.Next); after == "" {
				break
			}
		}
		if diff := cmp.Diff([]string{"a", "b", "c"}, found); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	t.Run("a direct room is the same for both, whoever opens it", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		mina, joon := s.signUp("Mina"), s.signUp("Joon")
		a := must[wire.Ack](s, request{method: "POST", path: "/direct", as: mina, body: `{"user":"` + joon + `"}`})
		b := must[wire.Ack](s, request{method: "POST", path: "/direct", as: joon, body: `{"user":"` + mina + `"}`})
		if a.Room != b.Room || !b.Existed {
			t.Errorf("opened %+v and %+v", a, b)
		}
		list := must[RoomList](s, request{method: "GET", path: "/rooms", as: mina})
		if p := list.Rooms[0].Peer; p == nil || p.Name != "Joon" {
			t.Errorf("the peer is %+v, want Joon", p)
		}
	})

	t.Run("settings change, and a deleted room is gone", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		mina := s.signUp("Mina")
		s.createRoom(mina, "room", chat.Public)
		must[wire.Ack](s, request{method: "PATCH", path: "/rooms/room", as: mina, body: `{"title":"New","visibility":"private"}`})
		if v := must[wire.RoomView](s, request{method: "GET", path: "/rooms/room", as: mina}); v.Room.Title != "New" || v.Room.Visibility != chat.Private {
			t.Errorf("room %+v", v.Room)
		}
		must[wire.Ack](s, request{method: "DELETE", path: "/rooms/room?id=e9&since=0", as: mina})
		if p, _ := s.refused(request{method: "GET", path: "/rooms/room", as: mina}); p.Code != chat.CodeNotFound {
			t.Errorf("a deleted room: %s, want not_found", p.Code)
		}
	})
}

func TestMembers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	mina, joon, sora := s.signUp("Mina"), s.signUp("Joon"), s.signUp("Sora")
	s.createRoom(mina, "room", chat.Private)
	roles := func() map[string]chat.Role {
		found := map[string]chat.Role{}
		after := ""
		for {
			page := must[MemberList](s, request{method: "GET", path: "/rooms/room/members?limit=1&after=" + after, as: mina})
			for _, m := range page.Members {
				found[m.Name] = m.Role
			}
			if after = string(page.Next); after == "" {
				return found
			}
		}
	}
	expect := func(rule string, want map[string]chat.Role) {
		if diff := cmp.Diff(want, roles()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", rule, diff)
		}
	}
	must[wire.Ack](s, request{method: "POST", path: "/rooms/room/members", as: mina, body: `{"user":"` + joon + `"}`})
	must[wire.Ack](s, request{method: "POST", path: "/rooms/room/members", as: mina, body: `{"user":"` + sora + `","role":"reader"}`})
	expect("who is added is a member unless said otherwise", map[string]chat.Role{"Mina": "owner", "Joon": "member", "Sora": "reader"})
	must[wire.Ack](s, request{method: "PUT", path: "/rooms/room/members/" + joon, as: mina, body: `{"role":"moderator"}`})
	must[wire.Ack](s, request{method: "DELETE", path: "/rooms/room/members/" + sora, as: joon})
	expect("roles change and members are removed", map[string]chat.Role{"Mina": "owner", "Joon": "moderator"})
	must[wire.Ack](s, request{method: "POST", path: "/rooms/room/leave", as: joon, body: `{}`})
	expect("who leaves is gone", map[string]chat.Role{"Mina": "owner"})
	if p, _ := s.refused(request{method: "POST", path: "/rooms/room/leave", as: mina}); p.Code != chat.CodeForbidden {
		t.Errorf("the last owner leaves: %s, want forbidden", p.Code)
	}
}

func TestInvites(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	mina, joon := s.signUp("Mina"), s.signUp("Joon")
	s.createRoom(mina, "room", chat.Private)
	invite := must[Invite](s, request{method: "POST", path: "/rooms/room/invites", as: mina, body: `{"role":"reader","uses":1}`})

	link, err := url.Parse(invite.Link)
	if err != nil || link.Fragment != "invite="+invite.Secret || strings.Contains(link.Path+link.RawQuery, invite.Secret) {
		t.Errorf("the secret must stand behind the # of %s", invite.Link)
	}
	body := `{"secret":"` + invite.Secret + `"}`
	preview := must[InvitePreview](s, request{method: "POST", path: "/invites/preview", as: joon, body: body})
	if preview.Room.Title != "room" || preview.Role != chat.RoleReader || preview.InvitedBy.Name != "Mina" || preview.Head.Cursor.Seq == 0 {
		t.Errorf("preview %+v", preview)
	}
	if ack := must[wire.Ack](s, request{method: "POST", path: "/invites/accept", as: joon, body: body}); ack.Room != "room" {
		t.Errorf("accepted into %q, want room", ack.Room)
	}
	if p, _ := s.refused(request{method: "POST", path: "/invites/accept", as: s.signUp("Late"), body: body}); p.Code != chat.CodeNotFound {
		t.Errorf("a used-up invite: %s, want not_found", p.Code)
	}

	second := must[Invite](s, request{method: "POST", path: "/rooms/room/invites", as: mina})
	body = `{"secret":"` + second.Secret + `"}`
	if p, _ := s.refused(request{method: "POST", path: "/invites/revoke", as: joon, body: body}); p.Code != chat.CodeForbidden {
		t.Errorf("a reader revokes: %s, want forbidden", p.Code)
	}
	must[Nothing](s, request{method: "POST", path: "/invites/revoke", as: mina, body: body})
	if p, _ := s.refused(request{method: "POST", path: "/invites/accept", as: s.signUp("Too late"), body: body}); p.Code != chat.CodeNotFound {
		t.Errorf("a revoked invite: %s, want not_found", p.Code)
	}
	if strings.Contains(s.log.String(), invite.Secret) {
		t.Error("the log tells the secret")
	}
}

func TestRooms_noRoomIsShadowedByARoute(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	mina := s.signUp("Mina")
	siblings := 0
	for path := range s.api.OpenAPI().Paths {
		id, isBelow := strings.CutPrefix(path, "/rooms/")
		if !isBelow || strings.ContainsAny(id, "{/") {
			continue
		}
		siblings++
		body := `{"room":"` + id + `","title":"x","visibility":"public"}`
		if p, _ := s.refused(request{method: "POST", path: "/rooms", as: mina, body: body}); p.Code != chat.CodeInvalid {
			t.Errorf("a room %s: %s, want invalid", id, p.Code)
		}
	}
	if siblings == 0 {
		t.Error("no route stands beside /rooms/{room}: then no id need be reserved")
	}
}

func TestReading(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	mina, joon := s.signUp("Mina"), s.signUp("Joon")
	s.createRoom(mina, "room", chat.Public)
	must[wire.Ack](s, request{method: "POST", path: "/rooms/room/join", as: joon})
	for i := range 7 {
		s.post(mina, "room", "post "+strconv.Itoa(i)+" <b> 점심")
	}
	if _, err := s.service.React(t.Context(), chat.UserID(joon), chat.React{Write: chat.Write{Room: "room"}, Post: 3, Emoji: "👍"}); err != nil {
		t.Fatal(err)
	}

	t.Run("history pages go back to the beginning, each post once", func(t *testing.T) {
		var seqs []chat.Seq
		before := chat.Seq(0)
		for {
			page := must[HistoryPage](s, request{method: "GET", path: "/rooms/room/posts?limit=3&before=" + strconv.FormatInt(int64(before), 10), as: joon})
			var run []chat.Seq
			for _, p := range page.Posts {
				run = append(run, p.Seq)
			}
			seqs = append(run, seqs...)
			if page.Names[chat.UserID(mina)] != "Mina" && len(page.Posts) > 0 {
				t.Errorf("names %v, want Mina's", page.Names)
			}
			if before = page.Before; before == 0 {
				break
			}
		}
		if diff := cmp.Diff([]chat.Seq{3, 4, 5, 6, 7, 8, 9}, seqs); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	t.Run("entries after a cursor reach the head without a hole", func(t *testing.T) {
		after, next := "0", chat.Seq(1)
		for {
			page := must[wire.EntriesListed](s, request{method: "GET", path: "/rooms/room/entries?limit=4&after=" + after, as: joon})
			for _, e := range page.Entries {
				if e.Seq != next {
					t.Fatalf("entry %d, want %d", e.Seq, next)
				}
				next++
			}
			text, _ := page.Cursor.MarshalText()
			if after = string(text); !page.More {
				break
			}
		}
		if next != 11 {
			t.Errorf("read up to %d, want 10", next-1)
		}
	})

	t.Run("a cursor of another log is stale and gets the head", func(t *testing.T) {
		p, _ := s.refused(request{method: "GET", path: "/rooms/room/entries?after=3.00000000", as: joon})
		if p.Status != 409 || p.Code != chat.CodeStale || !p.Reset || p.Head == nil || p.Head.Seq != 10 {
			t.Errorf("%+v, want 409 stale with the head at 10", p)
		}
	})

	t.Run("all reactions of a post are listed with names", func(t *testing.T) {
		list := must[ReactionList](s, request{method: "GET", path: "/rooms/room/posts/3/reactions", as: mina})
		want := []Reactor{{Emoji: "👍", User: chat.UserID(joon), Seq: 10}}
		if diff := cmp.Diff(want, list.Reactions); diff != "" || list.Names[chat.UserID(joon)] != "Joon" {
			t.Errorf("%v (-want +got):\n%s", list.Names, diff)
		}
	})

	t.Run("a search finds Korean words, newest first, page by page", func(t *testing.T) {
		var seqs []chat.Seq
		before := ""
		for {
			page := must[Found](s, request{method: "GET", path: "/search?q=" + url.QueryEscape("점심") + "&limit=3&before=" + url.QueryEscape(before), as: joon})
			for _, p := range page.Posts {
				seqs = append(seqs, p.Post.Seq)
			}
			if name := page.Names["room"][chat.UserID(mina)]; name != "Mina" && len(page.Posts) > 0 {
				t.Errorf("the author is called %q, want Mina", name)
			}
			if before = page.Next; before == "" {
				break
			}
		}
		if diff := cmp.Diff([]chat.Seq{9, 8, 7, 6, 5, 4, 3}, seqs); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	t.Run("HTML is not escaped", func(t *testing.T) {
		w := s.do(request{method: "GET", path: "/rooms/room/posts?limit=1", as: joon})
		if !strings.Contains(w.Body.String(), "<b>") {
			t.Errorf("%s, want <b> as it is", w.Body)
		}
	})

	t.Run("HEAD answers as GET does", func(t *testing.T) {
		if w := s.do(request{method: "HEAD", path: "/rooms/room/posts", as: joon}); w.Code != 200 {
			t.Errorf("%d, want 200", w.Code)
		}
	})
}

func TestPlace(t *testing.T) {
	t.Parallel()
	place := chat.Mention{Room: "room", Seq: 12, At: wire.Millis(1700000000123).Time()}
	for _, m := range []chat.Mention{{}, place} {
		got, err := parsePlace(formatPlace(m))
		if err != nil || got != m {
			t.Errorf("%+v becomes %+v, %v", m, got, err)
		}
	}
	for _, text := range []string{"1", "1.2", "1.2.", "x.2.room", "1.x.room", "1.2.a b", "1.2.a.b"} {
		if _, err := parsePlace(text); chat.CodeOf(err) != chat.CodeInvalid {
			t.Errorf("%q: %v, want invalid", text, err)
		}
	}
}
