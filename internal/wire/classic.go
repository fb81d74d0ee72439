package wire

import (
	"slices"

	"github.com/maru-chat/maru/internal/chat"
)

// ClassicMessage is one post in the form of the classic API: what GET /chat lists
// and what classic sockets are sent.
type ClassicMessage struct {
	// RoomID and UserID are the names that classic clients chose.
	RoomID string `json:"room_id"`
	// Timestamp is in Unix milliseconds and unique in the room.
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
	UserID    string `json:"user_id"`
	Name      string `json:"name"`
}

// ClassicOf returns a post in classic form. An author without a name is called by
// the id.
func ClassicOf(post *chat.Entry, name string) ClassicMessage {
	author := chat.ClassicName(string(post.Author))
	if name == "" {
		name = author
	}
	return ClassicMessage{
		RoomID: chat.ClassicName(string(post.Room)), Timestamp: post.At.UnixMilli(),
		Message: post.Text, UserID: author, Name: name,
	}
}

// EncodeClassic returns the message as one line of JSON without the line's end.
// HTML is not escaped, as in frames.
func EncodeClassic(m ClassicMessage) []byte {
	w := writers.Get().(*writer)
	defer writers.Put(w)
	return slices.Clone(w.json(m))
}
