package httpapi

import (
	"context"
	"net/http"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// RoomList is a page of rooms.
type RoomList struct {
	Rooms []wire.RoomView `json:"rooms"`
	Next  chat.RoomID     `json:"next,omitempty" doc:"The after of the next page; absent on the last one."`
}

func roomListOf(views []chat.RoomView) RoomList {
	list := RoomList{Rooms: make([]wire.RoomView, 0, len(views))}
	for i := range views {
		list.Rooms = append(list.Rooms, wire.RoomViewOf(&views[i]))
	}
	return list
}

// Write has the fields of every request body that makes an entry.
type Write struct {
	ID    chat.EntryID `json:"id,omitempty" doc:"Names the entry: 1 to 64 of A-Z a-z 0-9 _ -. The same request sent again makes no second entry. Without an id, a repeated request may be carried out twice."`
	Since *wire.Cursor `json:"since,omitempty" doc:"With id: the newest cursor of the room that the client had when it first sent this request."`
}

func (w *Write) in(room chat.RoomID) chat.Write {
	if w == nil {
		return chat.Write{Room: room}
	}
	made := chat.Write{Room: room, ID: w.ID}
	if w.Since != nil {
		made.Since = chat.Cursor(*w.Since)
	}
	return made
}

// ackOf returns the acknowledgement that the socket would send.
func ackOf(written chat.Written, err error) (wire.Ack, error) {
	ack := wire.Ack{Room: written.Room, Seq: written.Seq, Existed: written.Existed}
	if e := written.Entry; e != nil {
		cursor := wire.Cursor(e.Cursor())
		ack.Cursor, ack.At = &cursor, wire.MillisOf(e.At)
	}
	return ack, err
}

// RoomPath is the room that a path names. It is exported because huma reads the
// fields of embedded structs only if these are exported.
type RoomPath struct {
	Room chat.RoomID `path:"room"`
}

// writeInput is the input of a write that needs only its room.
type writeInput struct {
	RoomPath
	Body *Write
}

// WriteQuery is Write for requests without a body.
type WriteQuery struct {
	ID    chat.EntryID `query:"id" doc:"As id in the bodies of other writes."`
	Since wire.Cursor  `query:"since" doc:"As since in the bodies of other writes."`
}

func (q *WriteQuery) in(room chat.RoomID) chat.Write {
	return chat.Write{Room: room, ID: q.ID, Since: chat.Cursor(q.Since)}
}

type publicInput struct {
	After chat.RoomID `query:"after" maxLength:"128" doc:"The next of the previous page."`
	Limit int         `query:"limit" default:"50" doc:"1 to 100."`
}

type createInput struct {
	Body struct {
		Write
		Room       chat.RoomID     `json:"room" doc:"The room's id, chosen by the client: a UUID."`
		Title      string          `json:"title" doc:"1 to 40 characters; need not be unique."`
		Visibility chat.Visibility `json:"visibility" doc:"public or private."`
	}
}

type directInput struct {
	Body struct {
		User chat.UserID `json:"user" doc:"The other person."`
	}
}

type settingsInput struct {
	RoomPath
	Body struct {
		Write
		Title      string          `json:"title" doc:"1 to 40 characters."`
		Visibility chat.Visibility `json:"visibility" doc:"public or private."`
	}
}

type deleteRoomInput struct {
	RoomPath
	WriteQuery
}

func (h *Handler) addRooms() {
	handle(h, route{method: http.MethodGet, path: "/rooms", summary: "List the caller's rooms with what is unread"}, h.myRooms)
	handle(h, route{method: http.MethodPost, path: "/rooms", summary: "Create a room"}, h.createRoom)
	handle(h, route{method: http.MethodGet, path: "/rooms/public", summary: "List the public rooms"}, h.publicRooms)
	handle(h, route{method: http.MethodGet, path: "/rooms/{room}", summary: "Show a room"}, h.room)
	handle(h, route{method: http.MethodPatch, path: "/rooms/{room}", summary: "Change a room's title and visibility"}, h.changeSettings)
	handle(h, route{method: http.MethodDelete, path: "/rooms/{room}", summary: "Delete a room for good"}, h.deleteRoom)
	handle(h, route{method: http.MethodPost, path: "/direct", summary: "Open the direct room with another user"}, h.openDirect)
}

func (h *Handler) myRooms(ctx context.Context, caller chat.UserID, _ *struct{}) (RoomList, error) {
	views, err := h.Service.MyRooms(ctx, caller)
	return roomListOf(views), err
}

func (h *Handler) publicRooms(ctx context.Context, caller chat.UserID, in *publicInput) (RoomList, error) {
	views, err := h.Service.PublicRooms(ctx, caller, in.After, in.Limit)
	list := roomListOf(views)
	if len(views) == in.Limit && err == nil {
		list.Next = views[len(views)-1].Room.ID
	}
	return list, err
}

func (h *Handler) room(ctx context.Context, caller chat.UserID, in *RoomPath) (wire.RoomView, error) {
	view, err := h.Service.OneRoom(ctx, caller, in.Room)
	return wire.RoomViewOf(&view), err
}

func (h *Handler) createRoom(ctx context.Context, caller chat.UserID, in *createInput) (wire.Ack, error) {
	return ackOf(h.Service.Create(ctx, caller, chat.Create{
		Write: in.Body.in(in.Body.Room), Title: in.Body.Title, Visibility: in.Body.Visibility,
	}))
}

func (h *Handler) openDirect(ctx context.Context, caller chat.UserID, in *directInput) (wire.Ack, error) {
	return ackOf(h.Service.OpenDirect(ctx, caller, in.Body.User))
}

func (h *Handler) changeSettings(ctx context.Context, caller chat.UserID, in *settingsInput) (wire.Ack, error) {
	return ackOf(h.Service.ChangeSettings(ctx, caller, chat.Settings{
		Write: in.Body.in(in.Room), Title: in.Body.Title, Visibility: in.Body.Visibility,
	}))
}

func (h *Handler) deleteRoom(ctx context.Context, caller chat.UserID, in *deleteRoomInput) (wire.Ack, error) {
	return ackOf(h.Service.DeleteRoom(ctx, caller, in.in(in.Room)))
}
