package storetest

import (
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

// RoomsHarness gives [RunRooms] a store.
type RoomsHarness struct {
	// Open returns two views of one store.
	Open func(t testing.TB) (chat.Log, chat.Rooms)
}

type roomsCase struct {
	rule string
	run  func(t testing.TB, log chat.Log, rooms chat.Rooms)
}

var roomsCases = []roomsCase{
	{"finds rooms in the order asked, the zero Room for unknown ones", findsRooms},
	{"finds a deleted room and says so", findsDeletedRoom},
	{"makes of a room what the fold makes, entry by entry", roomFollowsFold},
	{"keeps pins in the order of pinning", keepsPins},
	{"finds posts in any state and nothing else", findsPosts},
	{"lists public rooms by id, page by page", listsPublicRooms},
}

// RunRooms checks a store against the contract of chat.Rooms.
func RunRooms(t *testing.T, h RoomsHarness) {
	for _, c := range roomsCases {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			log, rooms := h.Open(t)
			c.run(t, log, rooms)
		})
	}
}

// roomOf returns the room that the writer's entries make.
func roomOf(w *writer) chat.Room {
	fold, _ := replay(w.acked)
	return fold.Room
}

func findsRooms(t testing.TB, log chat.Log, rooms chat.Rooms) {
	a, b := newWriter(t, log), newWriterOf(t, log, uniqueRoom(), chat.Private)
	a.add(t, topic("점심"))
	got := must[[]chat.Room](t, "find rooms")(rooms.FindRooms(t.Context(), b.room, uniqueRoom(), a.room, b.room))
	wantEqual(t, "rooms", got, []chat.Room{roomOf(b), {}, roomOf(a), roomOf(b)})
	got, err := rooms.FindRooms(t.Context())
	if err != nil || len(got) != 0 {
		t.Errorf("no rooms asked: %v, %v", got, err)
	}
}

func findsDeletedRoom(t testing.TB, log chat.Log, rooms chat.Rooms) {
	w := newWriter(t, log)
	w.add(t, endRoom())
	got := must[[]chat.Room](t, "find rooms")(rooms.FindRooms(t.Context(), w.room))
	wantEqual(t, "room", got, []chat.Room{roomOf(w)})
	if got[0].Exists() || !got[0].IsDeleted {
		t.Errorf("the deleted room is %+v", got[0])
	}
}

func roomFollowsFold(t testing.TB, log chat.Log, rooms chat.Rooms) {
	w := newWriter(t, log)
	for _, c := range everyKind(w.owner) {
		w.add(t, c)
		got := must[[]chat.Room](t, "find rooms")(rooms.FindRooms(t.Context(), w.room))
		wantEqual(t, "room after "+string(c.Kind), got, []chat.Room{roomOf(w)})
	}
}

func keepsPins(t testing.TB, log chat.Log, rooms chat.Rooms) {
	w := newWriter(t, log)
	w.addPosts(t, chat.MaxPins)
	for seq := chat.Seq(chat.MaxPins) + 1; seq > 1; seq-- {
		w.add(t, pin(seq))
	}
	w.add(t, unpin(7))
	w.add(t, unpin(3))
	w.add(t, pin(7))
	got := must[[]chat.Room](t, "find rooms")(rooms.FindRooms(t.Context(), w.room))
	wantEqual(t, "room", got, []chat.Room{roomOf(w)})
}

func findsPosts(t testing.TB, log chat.Log, rooms chat.Rooms) {
	w := newWriter(t, log)
	for _, c := range everyKindButEnd(w.owner) {
		w.add(t, c)
	}
	posts := map[chat.Seq]chat.Post{}
	for _, p := range postsOf(w) {
		posts[p.Seq] = p
	}
	for seq := chat.Seq(-1); seq <= w.cursor.Seq+1; seq++ {
		got, err := rooms.Post(t.Context(), w.room, seq)
		want, isPost := posts[seq]
		if !isPost {
			wantCode(t, "an entry that is no post", err, chat.CodeNotFound)
			continue
		}
		if err != nil {
			t.Fatalf("post %d: %v", seq, err)
		}
		wantEqual(t, "post", got, want)
	}
	_, err := rooms.Post(t.Context(), uniqueRoom(), 4)
	wantCode(t, "a post of no room", err, chat.CodeNotFound)
}

func listsPublicRooms(t testing.TB, log chat.Log, rooms chat.Rooms) {
	// Ids that begin alike stand side by side in the list of all rooms.
	base := uniqueRoom()
	var want []chat.Room
	for _, suffix := range []chat.RoomID{"-1", "-2", "-3", "-4", "-5"} {
		want = append(want, roomOf(newWriterOf(t, log, base+suffix, chat.Public)))
	}
	newWriterOf(t, log, base+"-15", chat.Private)
	newWriterOf(t, log, base+"-25", chat.Public).add(t, endRoom())
	newWriterOf(t, log, base+"-35", chat.Public).add(t, settings("이제 비밀", chat.Private))
	opened := newWriterOf(t, log, base+"-6", chat.Private)
	opened.add(t, settings("이제 공개", chat.Public))
	want = append(want, roomOf(opened))

	for _, limit := range []int{1, 5, 6} {
		got := must[[]chat.Room](t, "public")(rooms.Public(t.Context(), base, limit))
		wantEqual(t, "first page", got, want[:limit])
	}
	var paged []chat.Room
	after := base
	for len(paged) < len(want) {
		page := must[[]chat.Room](t, "public")(rooms.Public(t.Context(), after, 2))
		if len(page) == 0 {
			break
		}
		paged = append(paged, page...)
		after = page[len(page)-1].ID
	}
	wantEqual(t, "pages of 2", paged, want)
}
