package session

import (
	"context"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

func (h *Handler) join(ctx context.Context, peer Peer, f *wire.Join) ([]wire.ServerFrame, error) {
	if f.Whole && f.Cursor == nil {
		return nil, chat.Errorf(chat.CodeInvalid, "whole needs a cursor to read from")
	}
	lacks, err := h.service.Listen(ctx, peer.User, chat.Listen{
		Room: f.Room, Conn: peer.Conn, After: (*chat.Cursor)(f.Cursor), IsWhole: f.Whole, Limit: pageEntries,
	})
	switch {
	case err != nil:
		return nil, err
	case lacks.Snapshot != nil:
		return []wire.ServerFrame{joined(f, peer.User, lacks.Snapshot)}, nil
	default:
		return []wire.ServerFrame{listed(f, chat.Cursor(*f.Cursor), &lacks.Page)}, nil
	}
}

func (h *Handler) unsubscribe(ctx context.Context, peer Peer, f *wire.Unsubscribe) ([]wire.ServerFrame, error) {
	if !f.Room.Valid() {
		return nil, chat.Errorf(chat.CodeInvalid, "room is not an id")
	}
	if err := h.service.Unlisten(ctx, peer.Conn, f.Room); err != nil {
		return nil, err
	}
	return acknowledge(f), nil
}

func (h *Handler) entries(ctx context.Context, peer Peer, f *wire.Entries) ([]wire.ServerFrame, error) {
	after := chat.Cursor(f.Cursor)
	page, err := h.service.Entries(ctx, peer.User, f.Room, after, pageEntries)
	if err != nil {
		return nil, err
	}
	return []wire.ServerFrame{listed(f, after, &page)}, nil
}

func (h *Handler) mark(ctx context.Context, peer Peer, f *wire.Mark) ([]wire.ServerFrame, error) {
	if err := h.service.MarkRead(ctx, peer.User, f.Room, chat.Cursor(f.Cursor)); err != nil {
		return nil, err
	}
	return acknowledge(f), nil
}

func (h *Handler) typing(ctx context.Context, peer Peer, f *wire.Typing) ([]wire.ServerFrame, error) {
	if err := h.service.Type(ctx, peer.User, f.Room); err != nil {
		return nil, err
	}
	return acknowledge(f), nil
}

func (h *Handler) presence(ctx context.Context, peer Peer, f *wire.Presence) ([]wire.ServerFrame, error) {
	present, members, err := h.service.Present(ctx, peer.User, f.Room)
	if err != nil {
		return nil, err
	}
	return []wire.ServerFrame{here(f, present, members)}, nil
}

// heartbeat answers with the rooms that have more entries, after a cursor.reset
// for each room whose log does not hold the client's cursor.
func (h *Handler) heartbeat(ctx context.Context, peer Peer, f *wire.Heartbeat) ([]wire.ServerFrame, error) {
	cursors := make(map[chat.RoomID]chat.Cursor, len(f.Cursors))
	for room, cursor := range f.Cursors {
		if !room.Valid() {
			return nil, chat.Errorf(chat.CodeInvalid, "cursors holds a room that is not an id")
		}
		cursors[room] = chat.Cursor(cursor)
	}
	behind, err := h.service.Behind(ctx, peer.User, cursors)
	if err != nil {
		return nil, err
	}
	return beat(f, behind), nil
}

func (h *Handler) hide(ctx context.Context, peer Peer, f *wire.Hide) ([]wire.ServerFrame, error) {
	if err := h.service.Hide(ctx, peer.Conn, f.Hidden); err != nil {
		return nil, err
	}
	return acknowledge(f), nil
}
