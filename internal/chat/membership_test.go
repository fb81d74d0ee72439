package chat_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

func TestService_Join(t *testing.T) {
	t.Parallel()
	t.Run("lets everybody into a public room, once", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		w := h.must(h.Join(t.Context(), "eve", h.write("eve")))
		if m := h.member("eve"); m.Role != chat.RoleMember || m.Name != "name of eve" || m.Touched != w.Seq {
			t.Errorf("eve is %+v", m)
		}
		again := h.must(h.Join(t.Context(), "eve", h.write("eve")))
		if !again.Existed || again.Seq != w.Seq || h.head().Seq != w.Seq {
			t.Errorf("joining again = %+v", again)
		}
	})
	t.Run("hides a private room", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Private, nil)
		before := h.head()
		w, err := h.Join(t.Context(), "eve", h.write("eve"))
		h.refused(before, chat.CodeNotFound, w, err)
	})
	t.Run("stops at a room that is full", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		h.MaxMembers = 5
		before := h.head()
		w, err := h.Join(t.Context(), "eve", h.write("eve"))
		h.refused(before, chat.CodeForbidden, w, err)
	})
	t.Run("stops at a user who is in too many rooms", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		for i := range chat.MaxRooms {
			room := chat.RoomID(fmt.Sprint("room-", i))
			h.must(h.Create(t.Context(), "eve", chat.Create{Write: chat.Write{Room: room}, Title: "x", Visibility: chat.Private}))
		}
		before := h.head()
		w, err := h.Join(t.Context(), "eve", h.write("eve"))
		h.refused(before, chat.CodeForbidden, w, err)
		h.must(h.DeleteRoom(t.Context(), "eve", chat.Write{Room: "room-0"}))
		h.must(h.OpenDirect(t.Context(), "ann", "eve"))
		h.must(h.Join(t.Context(), "eve", h.write("eve"))) // deleted and direct rooms do not count
	})
	t.Run("does not enter a room that has just become private", func(t *testing.T) {
		t.Parallel()
		h, race := newRace(t, chat.Public)
		race(func() {
			h.must(h.ChangeSettings(t.Context(), "olga", chat.Settings{Write: h.write("olga"), Title: "Hall", Visibility: chat.Private}))
		})
		_, err := h.Join(t.Context(), "eve", h.write("eve"))
		if m := h.member("eve"); chat.CodeOf(err) != chat.CodeNotFound || m.IsMember() {
			t.Errorf("got %v; eve is %+v", err, m)
		}
	})
}

func TestService_AddMember(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		visibility chat.Visibility
		by         chat.UserID
		user       chat.UserID
		role       chat.Role
		want       chat.Code
	}{
		"a member into a public room":         {chat.Public, "ann", "eve", chat.RoleMember, ""},
		"a moderator into a private room":     {chat.Private, "mod", "eve", chat.RoleReader, ""},
		"not a member into a private room":    {chat.Private, "ann", "eve", chat.RoleMember, chat.CodeForbidden},
		"not a reader":                        {chat.Public, "rea", "eve", chat.RoleReader, chat.CodeForbidden},
		"not above one's own role":            {chat.Public, "mod", "eve", chat.RoleOwner, chat.CodeForbidden},
		"not a stranger to a private room":    {chat.Private, "eve", "eve", chat.RoleMember, chat.CodeNotFound},
		"not a user who does not exist":       {chat.Public, "ann", "ghost", chat.RoleMember, chat.CodeNotFound},
		"not into a role that does not exist": {chat.Public, "ann", "eve", "king", chat.CodeInvalid},
		"not without a user":                  {chat.Public, "ann", "", chat.RoleMember, chat.CodeInvalid},
		"not by one who is not a member":      {chat.Public, "eve", "eve", chat.RoleMember, chat.CodeForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, c.visibility, nil)
			before := h.head()
			w, err := h.AddMember(t.Context(), c.by, chat.AddMember{Write: h.write(c.by), User: c.user, Role: c.role})
			if c.want != "" {
				h.refused(before, c.want, w, err)
				return
			}
			h.must(w, err)
			if m := h.member(c.user); m.Role != c.role {
				t.Errorf("%s is %+v", c.user, m)
			}
		})
	}
}

func TestService_AddMember_leavesRoomsToChoose(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Public, nil)
	add := func(room chat.RoomID) (chat.Written, error) {
		h.must(h.Create(t.Context(), "ann", chat.Create{Write: chat.Write{Room: room}, Title: "x", Visibility: chat.Public}))
		return h.AddMember(t.Context(), "ann", chat.AddMember{Write: chat.Write{Room: room}, User: "eve", Role: chat.RoleMember})
	}
	for i := range chat.MaxRooms / 2 {
		h.must(add(chat.RoomID(fmt.Sprint("room-", i))))
	}
	if w, err := add("one-more"); chat.CodeOf(err) != chat.CodeForbidden {
		t.Errorf("added to half of the rooms and one more: %+v, %v", w, err)
	}
	again := h.must(h.AddMember(t.Context(), "ann", chat.AddMember{Write: chat.Write{Room: "room-0"}, User: "eve", Role: chat.RoleMember}))
	if !again.Existed {
		t.Errorf("added to a room that one is in: %+v", again)
	}
	for i := range chat.MaxRooms / 2 {
		h.must(h.Create(t.Context(), "eve", chat.Create{Write: chat.Write{Room: chat.RoomID(fmt.Sprint("own-", i))}, Title: "x", Visibility: chat.Private}))
	}
}

func TestService_Remove(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		by, user chat.UserID
		want     chat.Code
	}{
		"a member by a moderator":     {"mod", "ann", ""},
		"a moderator by an owner":     {"olga", "mod", ""},
		"not by a member":             {"ann", "bob", chat.CodeForbidden},
		"not an owner by a moderator": {"mod", "olga", chat.CodeForbidden},
		"not oneself":                 {"mod", "mod", chat.CodeForbidden},
		"not a stranger":              {"mod", "eve", chat.CodeNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, chat.Private, nil)
			before := h.head()
			w, err := h.Remove(t.Context(), c.by, chat.Remove{Write: h.write(c.by), User: c.user})
			if c.want != "" {
				h.refused(before, c.want, w, err)
				return
			}
			h.must(w, err)
			want := []chattest.Delivery{
				{Room: hall, User: c.user, Evicted: w.Seq},
				{Room: hall, Event: &chat.EntryAppended{Entry: *w.Entry, AuthorName: "name of " + string(c.by)}},
				{User: c.user, Event: chat.RoomLost{Room: hall}},
			}
			delivered := h.Audience.Delivered()
			if diff := cmp.Diff(want, delivered[len(delivered)-3:], cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("delivered (-want +got):\n%s", diff)
			}
			again := h.must(h.Remove(t.Context(), c.by, chat.Remove{Write: h.write(c.by), User: c.user}))
			if !again.Existed || again.Seq != w.Seq {
				t.Errorf("removing again = %+v", again)
			}
		})
	}
}

func TestService_lastOwner(t *testing.T) {
	t.Parallel()
	t.Run("cannot leave or step down", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		before := h.head()
		w, err := h.Leave(t.Context(), "olga", h.write("olga"))
		h.refused(before, chat.CodeForbidden, w, err)
		w, err = h.SetRole(t.Context(), "olga", chat.SetRole{Write: h.write("olga"), User: "olga", Role: chat.RoleMember})
		h.refused(before, chat.CodeForbidden, w, err)
	})
	t.Run("may leave once there is another", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		h.must(h.SetRole(t.Context(), "olga", chat.SetRole{Write: h.write("olga"), User: "mod", Role: chat.RoleOwner}))
		h.must(h.Leave(t.Context(), "olga", h.write("olga")))
		again := h.must(h.Leave(t.Context(), "olga", h.write("olga")))
		if !again.Existed {
			t.Errorf("leaving again = %+v", again)
		}
	})
	t.Run("stays when two owners leave at once", func(t *testing.T) {
		t.Parallel()
		h, race := newRace(t, chat.Public)
		h.must(h.SetRole(t.Context(), "olga", chat.SetRole{Write: h.write("olga"), User: "mod", Role: chat.RoleOwner}))
		race(func() { h.must(h.Leave(t.Context(), "mod", h.write("mod"))) })
		_, err := h.Leave(t.Context(), "olga", h.write("olga"))
		rooms, _ := h.Memory.FindRooms(t.Context(), hall)
		if chat.CodeOf(err) != chat.CodeForbidden || rooms[0].Owners != 1 {
			t.Errorf("got %v with %d owners", err, rooms[0].Owners)
		}
	})
}

func TestService_SetRole(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Public, nil)
	set := func(by, user chat.UserID, role chat.Role) (chat.Written, error) {
		return h.SetRole(t.Context(), by, chat.SetRole{Write: h.write(by), User: user, Role: role})
	}
	h.must(set("olga", "ann", chat.RoleModerator))
	before := h.head()
	if same := h.must(set("olga", "ann", chat.RoleModerator)); !same.Existed || h.head() != before {
		t.Errorf("the same role wrote %+v", same)
	}
	for _, c := range []struct {
		by, user chat.UserID
		role     chat.Role
		want     chat.Code
	}{
		{"mod", "bob", chat.RoleReader, chat.CodeForbidden},
		{"olga", "eve", chat.RoleReader, chat.CodeNotFound},
		{"olga", "bob", "king", chat.CodeInvalid},
		{"olga", "bob", "", chat.CodeInvalid},
		{"olga", "", chat.RoleMember, chat.CodeInvalid},
	} {
		w, err := set(c.by, c.user, c.role)
		h.refused(before, c.want, w, err)
	}
}

func TestService_Rename(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Public, nil)
	user, err := h.Rename(t.Context(), "ann", "앤")
	if err != nil || user.Name != "앤" || h.member("ann").Name != "앤" {
		t.Errorf("renamed to %+v, %v; in the room %+v", user, err, h.member("ann"))
	}
	before := h.head()
	if _, err := h.Rename(t.Context(), "ann", "앤"); err != nil || h.head() != before {
		t.Errorf("the same name again: %v, head %s", err, h.head())
	}
	if _, err := h.Rename(t.Context(), "ann", "\u3164"); chat.CodeOf(err) != chat.CodeInvalid {
		t.Errorf("an invisible name: %v", err)
	}
}

func TestService_Rename_races(t *testing.T) {
	t.Parallel()
	rename := func(t *testing.T, h *house, name string) {
		t.Helper()
		if _, err := h.Rename(t.Context(), "ann", name); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("a name that lands late does not undo a newer one", func(t *testing.T) {
		t.Parallel()
		h, faults := newFaultyHouse(t)
		faults.Fail(chattest.OpAppend, 1, chattest.Undecided)
		faults.Fail(chattest.OpAppend, 2, chattest.Undecided)
		if _, err := h.Rename(t.Context(), "ann", "older"); chat.CodeOf(err) != chat.CodeUnavailable {
			t.Fatal(err)
		}
		rename(t, h, "newer")
		faults.Land()
		if m := h.member("ann"); m.Name != "newer" {
			t.Errorf("in the room she is %+v", m)
		}
	})
	t.Run("the room has the account's name whoever comes first", func(t *testing.T) {
		t.Parallel()
		h, race := newRace(t, chat.Public)
		race(func() { rename(t, h, "newer") })
		rename(t, h, "older")
		user, err := h.Account(t.Context(), "ann")
		if m := h.member("ann"); err != nil || user.Name != "newer" || m.Name != "newer" {
			t.Errorf("the account is %+v, %v; in the room she is %+v", user, err, m)
		}
	})
	t.Run("a newer name is written though an older one came first", func(t *testing.T) {
		t.Parallel()
		h, faults := newFaultyHouse(t)
		stall := faults.Stall(chattest.OpAppend, 1)
		done := make(chan error, 1)
		go func() {
			_, err := h.Rename(t.Context(), "ann", "newer")
			done <- err
		}()
		<-stall.Reached()
		older := chat.Draft{Room: "den", Author: "ann", ID: "renamed-after-1", Content: chat.Content{Kind: chat.KindRenamed, User: "ann", Name: "older"}}
		scanned, err := h.Memory.Scan(t.Context(), &older)
		if err == nil {
			_, err = h.Memory.Append(t.Context(), &older, &scanned)
		}
		stall.Release()
		if err := errors.Join(err, <-done); err != nil {
			t.Fatal(err)
		}
		h.room = "den"
		if m := h.member("ann"); m.Name != "newer" {
			t.Errorf("in the room she is %+v", m)
		}
	})
}

func TestService_Ban(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Private, nil)
	if err := h.Ban(t.Context(), "olga", "ann"); chat.CodeOf(err) != chat.CodeForbidden {
		t.Errorf("banned by one who is no operator: %v", err)
	}
	secret, err := h.OfferOperator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.ClaimOperator(t.Context(), "eve", secret); err != nil {
		t.Fatal(err)
	}
	if _, err := h.ClaimOperator(t.Context(), "bob", secret); chat.CodeOf(err) != chat.CodeNotFound {
		t.Errorf("the same secret made a second operator: %v", err)
	}
	write := h.write("olga")
	// eve is in no room and yet removes the last owner of this one.
	if err := h.Ban(t.Context(), "eve", "olga"); err != nil {
		t.Fatal(err)
	}
	if m := h.member("olga"); m.IsMember() {
		t.Errorf("still a member: %+v", m)
	}
	_, err = h.Send(t.Context(), "olga", chat.Send{Write: write, Text: "x"})
	if chat.CodeOf(err) != chat.CodeForbidden {
		t.Errorf("a banned user sent: %v", err)
	}
	if _, err := h.MyRooms(t.Context(), "olga"); chat.CodeOf(err) != chat.CodeForbidden {
		t.Errorf("a banned user read: %v", err)
	}
	before := h.head()
	if err := h.Ban(t.Context(), "eve", "olga"); err != nil || h.head() != before {
		t.Errorf("banning again: %v, head %s", err, h.head())
	}
	if err := h.Unban(t.Context(), "eve", "olga"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Account(t.Context(), "olga"); err != nil {
		t.Errorf("after the ban: %v", err)
	}
	if err := h.Ban(t.Context(), "eve", "eve"); chat.CodeOf(err) != chat.CodeForbidden {
		t.Errorf("banned herself: %v", err)
	}
	if err := h.Ban(t.Context(), "eve", "ghost"); chat.CodeOf(err) != chat.CodeNotFound {
		t.Errorf("banned a ghost: %v", err)
	}
}

func TestService_LinkDevice(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Public, nil)
	secret, _, err := h.LinkDevice(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.PreviewInvite(t.Context(), "eve", secret); chat.CodeOf(err) != chat.CodeNotFound {
		t.Errorf("a link code was good for an invite: %v", err)
	}
	user, err := h.RedeemLink(t.Context(), "127.0.0.1", secret)
	if err != nil || user.ID != "ann" {
		t.Errorf("redeemed %+v, %v", user, err)
	}
	if _, err := h.RedeemLink(t.Context(), "127.0.0.1", secret); chat.CodeOf(err) != chat.CodeNotFound {
		t.Errorf("redeemed twice: %v", err)
	}
}
