package wsserver

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/session"
	"github.com/maru-chat/maru/internal/wire"
)

// classic encodes for clients of the classic API: they are told of new posts, each
// as one JSON object, and of nothing else.
type classic struct{}

// A classic client reads a message as one JSON value.
func (classic) isJoined() bool { return false }

func (classic) event(event chat.Event) []byte {
	appended, isEntry := event.(*chat.EntryAppended)
	if !isEntry || appended.Entry.Kind != chat.KindPosted {
		return nil
	}
	return wire.EncodeClassic(wire.ClassicOf(&appended.Entry, appended.AuthorName))
}

// namesOf returns the names, in the room, of the users who posted the entries; none
// if they cannot be read.
func (h *Hub) namesOf(ctx context.Context, room chat.RoomID, entries []chat.Entry) map[chat.UserID]string {
	names := make(map[chat.UserID]string)
	for i := range entries {
		if entries[i].Kind == chat.KindPosted {
			names[entries[i].Author] = ""
		}
	}
	if len(names) == 0 {
		return nil
	}
	members, err := h.log.FindMembers(ctx, room, slices.Collect(maps.Keys(names))...)
	if err != nil {
		return nil
	}
	for _, m := range members {
		names[m.User] = m.Name
	}
	return names
}

// A classic client knows of posts alone; it reads by GET /chat what it missed.
func (classic) behind(chat.RoomID, chat.Cursor) []byte { return nil }
func (classic) closing(string) []byte                  { return nil }
func (classic) refusal(*chat.Error) []byte             { return nil }

// isClassicPath reports whether the path is / or one stage, such as /dev.
func isClassicPath(path string) bool {
	return strings.Count(strings.TrimSuffix(path, "/"), "/") <= 1
}

// openClassic opens a socket of the classic API, which makes its user a member of
// its room. It requires neither a token nor an origin.
func (s *Server) openClassic(w http.ResponseWriter, r *http.Request) error {
	query, address := r.URL.Query(), session.Sender(r.RemoteAddr)
	room, user, err := s.Service.ClassicJoin(r.Context(), chat.Classic{
		Room: query.Get("room_id"), User: query.Get("user_id"), Address: address,
	})
	if err != nil {
		return err
	}
	c, err := s.Hub.enter(client{user: user, address: address, codec: classic{}, handle: ignore})
	if err != nil {
		return err
	}
	if err := s.Hub.listenClassic(r.Context(), c, room); err != nil {
		s.Hub.leave(c)
		return err
	}
	s.upgrade(w, r, c, "")
	return nil
}

// listenClassic subscribes a connection whose user has just joined the room. It
// reads the membership after that: a removal either shows there or finds the
// subscription.
func (h *Hub) listenClassic(ctx context.Context, c *connection, room chat.RoomID) error {
	if err := h.Subscribe(ctx, c.id, c.user, room); err != nil {
		return err
	}
	members, err := h.log.FindMembers(ctx, room, c.user)
	if err != nil {
		return chat.Wrap(err, chat.CodeUnavailable, "member of "+string(room))
	}
	if !members[0].IsMember() {
		return chat.Errorf(chat.CodeForbidden, "somebody took this user out of the room")
	}
	return nil
}

// ignore accepts {"message":"ping"}, and whatever else a classic client sends.
func ignore(context.Context, *connection, []byte) [][]byte { return nil }
