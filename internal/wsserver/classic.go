package wsserver

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/session"
	"github.com/maru-chat/maru/internal/wire"
)

// classic speaks to the pages of the chat that this project began from: they
// are told of new posts, in an object of their own, and of nothing else.
type classic struct{ names Names }

func (c *classic) event(event chat.Event) []byte {
	appended, isEntry := event.(chat.EntryAppended)
	if !isEntry || appended.Entry.Kind != chat.KindPosted {
		return nil
	}
	return wire.EncodeClassic(wire.ClassicOf(&appended.Entry, c.nameOf(&appended.Entry)))
}

// nameWait bounds how long the push of a post waits for its author's name.
const nameWait = time.Second

// nameOf returns the author's name in the room, "" when it cannot be read.
func (c *classic) nameOf(e *chat.Entry) string {
	ctx, cancel := context.WithTimeout(context.Background(), nameWait)
	defer cancel()
	members, err := c.names.FindMembers(ctx, e.Room, e.Author)
	if err != nil || len(members) == 0 {
		return ""
	}
	return members[0].Name
}

// A classic page knows of posts alone; what it missed it reads by GET /chat.
func (*classic) behind(chat.RoomID, chat.Cursor) []byte { return nil }
func (*classic) closing(string) []byte                  { return nil }
func (*classic) refusal(*chat.Error) []byte             { return nil }

// isClassicPath reports whether the path is / or one stage, such as /dev.
func isClassicPath(path string) bool {
	return strings.Count(strings.TrimSuffix(path, "/"), "/") <= 1
}

// openClassic opens a socket of the classic API, which joins its user to its
// room. Nobody is signed in, and any page may.
func (s *Server) openClassic(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	room, user, err := s.Service.ClassicJoin(r.Context(), chat.Classic{
		Room: query.Get("room_id"), User: query.Get("user_id"), Address: session.Sender(r.RemoteAddr),
	})
	if err != nil {
		return err
	}
	c, err := s.Hub.enter(client{user: user, codec: s.classic, handle: ignore})
	if err != nil {
		return err
	}
	if err := s.Hub.Subscribe(r.Context(), c.id, user, room); err != nil {
		s.Hub.leave(c)
		return err
	}
	s.upgrade(w, r, c, "")
	return nil
}

// ignore takes {"message":"ping"}, and whatever else a classic page says.
func ignore(context.Context, *connection, []byte) [][]byte { return nil }
