package chat_test

import (
	"context"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

// lateRooms lets something happen just after rooms were read.
type lateRooms struct {
	chat.Rooms
	then func()
}

func (r *lateRooms) FindRooms(ctx context.Context, ids ...chat.RoomID) ([]chat.Room, error) {
	rooms, err := r.Rooms.FindRooms(ctx, ids...)
	if then := r.then; then != nil {
		r.then = nil
		then()
	}
	return rooms, err
}

func TestService_aRoomIsNeverOlderThanItsHead(t *testing.T) {
	t.Parallel()
	for name, view := range map[string]func(h *house) (chat.RoomView, error){
		"OneRoom": func(h *house) (chat.RoomView, error) { return h.OneRoom(h.t.Context(), "ann", hall) },
		"MyRooms": func(h *house) (chat.RoomView, error) {
			rooms, err := h.MyRooms(h.t.Context(), "ann")
			return rooms[0], err
		},
		"Listen": func(h *house) (chat.RoomView, error) {
			lacks, err := h.Listen(h.t.Context(), "ann", chat.Listen{Room: hall, Conn: "ann's", Limit: 10})
			return lacks.Snapshot.RoomView, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rooms *lateRooms
			h := newHouse(t, chat.Public, func(p *chat.Ports) {
				rooms = &lateRooms{Rooms: p.Rooms}
				p.Rooms = rooms
			})
			h.Together = chat.InTurn
			rooms.then = func() {
				h.must(h.SetTopic(t.Context(), "mod", chat.Topic{Write: h.write("mod"), Text: "new"}))
			}
			got, err := view(h)
			if err != nil {
				t.Fatal(err)
			}
			heads, err := h.Memory.Heads(t.Context(), []chat.RoomID{hall})
			if err != nil {
				t.Fatal(err)
			}
			if got.Room.Topic == "" && got.Head == heads[0] {
				t.Error("the head is that of the topic, and the room does not have it: nobody would ever ask for it")
			}
		})
	}
}
