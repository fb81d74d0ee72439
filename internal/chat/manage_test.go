package chat_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

func TestService_Create(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Public, nil)
	create := chat.Create{Write: chat.Write{Room: "den", ID: "c1"}, Title: "작은 방", Visibility: chat.Private}
	first := h.must(h.Create(t.Context(), "ann", create))
	if again := h.must(h.Create(t.Context(), "ann", create)); !again.Existed || again.Seq != first.Seq {
		t.Errorf("created again = %+v", again)
	}
	if _, err := h.Create(t.Context(), "bob", create); chat.CodeOf(err) != chat.CodeConflict {
		t.Errorf("another's id: %v", err)
	}
	for rule, c := range map[string]chat.Create{
		"no title":            {Write: chat.Write{Room: "r1"}, Visibility: chat.Public},
		"no visibility":       {Write: chat.Write{Room: "r1"}, Title: "x"},
		"direct by hand":      {Write: chat.Write{Room: "r1"}, Title: "x", Visibility: chat.Direct},
		"a direct room's id":  {Write: chat.Write{Room: "d-1"}, Title: "x", Visibility: chat.Public},
		"a classic room's id": {Write: chat.Write{Room: "c-1"}, Title: "x", Visibility: chat.Public},
		"a list's name":       {Write: chat.Write{Room: "public"}, Title: "x", Visibility: chat.Public},
		"no id":               {Title: "x", Visibility: chat.Public},
	} {
		if _, err := h.Create(t.Context(), "ann", c); chat.CodeOf(err) != chat.CodeInvalid {
			t.Errorf("%s: %v", rule, err)
		}
	}
	h.Limiter.Refuse("rooms:ann", time.Minute)
	if _, err := h.Create(t.Context(), "ann", chat.Create{Write: chat.Write{Room: "r2"}, Title: "x", Visibility: chat.Public}); chat.CodeOf(err) != chat.CodeRateLimited {
		t.Errorf("too many rooms: %v", err)
	}
	if again := h.must(h.Create(t.Context(), "ann", create)); !again.Existed {
		t.Errorf("a resend was limited: %+v", again)
	}
}

func TestService_OpenDirect(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Public, nil)
	first := h.must(h.OpenDirect(t.Context(), "ann", "bob"))
	second := h.must(h.OpenDirect(t.Context(), "bob", "ann"))
	if first.Room != second.Room || second.Seq != 1 || !second.Existed {
		t.Errorf("two rooms for two people: %+v, %+v", first, second)
	}
	h.room = first.Room
	h.send("bob", "둘만의 이야기")
	rooms, err := h.MyRooms(t.Context(), "ann")
	if err != nil || rooms[1].Room.ID != first.Room || rooms[1].Peer.User != "bob" || rooms[1].Unread.Posts != 1 {
		t.Errorf("ann's rooms: %+v, %v", rooms, err)
	}
	before := h.head()
	w, err := h.AddMember(t.Context(), "ann", chat.AddMember{Write: h.write("ann"), User: "eve", Role: chat.RoleMember})
	h.refused(before, chat.CodeForbidden, w, err)
	w, err = h.Leave(t.Context(), "ann", h.write("ann"))
	h.refused(before, chat.CodeForbidden, w, err)
	w, err = h.Join(t.Context(), "eve", h.write("eve"))
	h.refused(before, chat.CodeNotFound, w, err)
	h.must(h.SetTopic(t.Context(), "bob", chat.Topic{Write: h.write("bob"), Text: "no rank here"}))
	for _, other := range []chat.UserID{"ann", "", "a b"} {
		if _, err := h.OpenDirect(t.Context(), "ann", other); chat.CodeOf(err) != chat.CodeInvalid {
			t.Errorf("with %q: %v", other, err)
		}
	}
	if _, err := h.OpenDirect(t.Context(), "ann", "ghost"); chat.CodeOf(err) != chat.CodeNotFound {
		t.Errorf("with a ghost: %v", err)
	}
}

func TestCutRooms(t *testing.T) {
	t.Parallel()
	memberships := []chat.Member{{Room: "d-1"}, {Room: "z"}, {Room: "a"}}
	for i := range chat.MaxRooms {
		memberships = append(memberships, chat.Member{Room: chat.DirectRoom("bob", chat.UserID(fmt.Sprint("u", i)))})
	}
	cut := chat.CutRooms(memberships)
	if len(cut) != chat.MaxRooms || cut[0].Room != "a" || cut[1].Room != "z" || !cut[2].Room.IsDirect() {
		t.Errorf("%d rooms, first %v", len(cut), cut[:3])
	}
}

func TestService_managing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Public, nil)
	post := h.send("ann", "pin me")
	settings := chat.Settings{Title: "Big hall", Visibility: chat.Private}
	for name, c := range map[string]struct {
		do    func(user chat.UserID) (chat.Written, error)
		least chat.UserID
		never chat.UserID
	}{
		"topic": {func(u chat.UserID) (chat.Written, error) {
			return h.SetTopic(t.Context(), u, chat.Topic{Write: h.write(u), Text: "오늘의 주제"})
		}, "mod", "ann"},
		"pin": {func(u chat.UserID) (chat.Written, error) {
			return h.Pin(t.Context(), u, chat.Pin{Write: h.write(u), Post: post})
		}, "mod", "ann"},
		"settings": {func(u chat.UserID) (chat.Written, error) {
			c := settings
			c.Write = h.write(u)
			return h.ChangeSettings(t.Context(), u, c)
		}, "olga", "mod"},
	} {
		before := h.head()
		w, err := c.do(c.never)
		h.refused(before, chat.CodeForbidden, w, err)
		done := h.must(c.do(c.least))
		again := h.must(c.do(c.least))
		if done.Existed || !again.Existed || again.Entry != nil {
			t.Errorf("%s: done %+v, again %+v", name, done, again)
		}
	}
	rooms, err := h.Memory.FindRooms(t.Context(), hall)
	if err != nil || rooms[0].Topic != "오늘의 주제" || rooms[0].Title != "Big hall" || !cmp.Equal(rooms[0].Pins, []chat.Seq{post}) {
		t.Errorf("room %+v, %v", rooms, err)
	}
	h.must(h.Unpin(t.Context(), "mod", chat.Pin{Write: h.write("mod"), Post: post}))
	for _, bad := range []chat.Seq{0, -1} {
		if _, err := h.Pin(t.Context(), "mod", chat.Pin{Write: h.write("mod"), Post: bad}); chat.CodeOf(err) != chat.CodeInvalid {
			t.Errorf("pinned %d: %v", bad, err)
		}
	}
	before := h.head()
	w, err := h.Pin(t.Context(), "mod", chat.Pin{Write: h.write("mod"), Post: 1})
	h.refused(before, chat.CodeNotFound, w, err)
	for i := range chat.MaxPins {
		h.must(h.Pin(t.Context(), "mod", chat.Pin{Write: h.write("mod"), Post: h.send("ann", fmt.Sprint(i))}))
	}
	before = h.head()
	w, err = h.Pin(t.Context(), "mod", chat.Pin{Write: h.write("mod"), Post: post})
	h.refused(before, chat.CodeForbidden, w, err)
}

func TestService_DeleteRoom(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Public, nil)
	before := h.head()
	w, err := h.DeleteRoom(t.Context(), "mod", h.write("mod"))
	h.refused(before, chat.CodeForbidden, w, err)
	write := h.write("olga")
	end := h.must(h.DeleteRoom(t.Context(), "olga", write))
	if again := h.must(h.DeleteRoom(t.Context(), "olga", write)); !again.Existed || again.Seq != end.Seq {
		t.Errorf("deleted again = %+v", again)
	}
	before = h.head()
	w, err = h.Send(t.Context(), "ann", chat.Send{Write: h.write("ann"), Text: "x"})
	h.refused(before, chat.CodeNotFound, w, err)
	if _, err := h.History(t.Context(), "ann", hall, 0, 10); chat.CodeOf(err) != chat.CodeNotFound {
		t.Errorf("its history: %v", err)
	}
	if rooms, err := h.MyRooms(t.Context(), "ann"); err != nil || len(rooms) != 0 {
		t.Errorf("ann's rooms: %+v, %v", rooms, err)
	}
	_, err = h.Create(t.Context(), "bob", chat.Create{Write: chat.Write{Room: hall}, Title: "x", Visibility: chat.Public})
	if chat.CodeOf(err) != chat.CodeConflict {
		t.Errorf("its id was used again: %v", err)
	}
}
