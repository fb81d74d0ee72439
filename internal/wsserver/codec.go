package wsserver

import (
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// codec encodes for one kind of client. Each method returns a line of at most
// 32 KB, nil for what that kind is not told. All connections of a kind share one
// codec, by which an event that was encoded once is found again.
type codec interface {
	isJoined() bool                // whether lines may share a message, separated by newlines
	event(event chat.Event) []byte // waits for nothing: a room's lock is held
	behind(room chat.RoomID, head chat.Cursor) []byte
	closing(reason string) []byte
	refusal(refused *chat.Error) []byte
}

// maru speaks maru.v1.
type maru struct{}

func (maru) isJoined() bool { return true }

func (maru) event(event chat.Event) []byte {
	f := wire.FrameOf(event)
	if f == nil {
		return nil
	}
	return wire.Encode(f)
}

func (maru) behind(room chat.RoomID, head chat.Cursor) []byte {
	return wire.Encode(&wire.RoomBehind{Room: room, Head: wire.Cursor(head)})
}

func (maru) closing(reason string) []byte {
	return wire.Encode(&wire.ConnectionClosing{Reason: reason})
}

func (maru) refusal(refused *chat.Error) []byte {
	return wire.Encode(&wire.Error{
		Code: refused.Code, Message: refused.Msg,
		RetryAfterMS: refused.RetryAfter.Round(time.Millisecond).Milliseconds(),
	})
}

// encoding is one event in the forms that its receivers need. Each form is made
// once and shared by all queues that it goes into.
type encoding struct {
	of    chat.Event
	about *room // whose listeners are told; nil if the event is for one user
	// room and head are set for an entry.
	room  *room
	head  chat.Cursor
	forms []form
}

type form struct {
	codec codec
	item  *item // nil if this kind of client is not told
}

func (e *encoding) in(c codec) *item {
	for i := range e.forms {
		if e.forms[i].codec == c {
			return e.forms[i].item
		}
	}
	var it *item
	if line := c.event(e.of); line != nil {
		it = &item{frame: textFrame(line), about: e.about, room: e.room, head: e.head}
	}
	e.forms = append(e.forms, form{c, it})
	return it
}
