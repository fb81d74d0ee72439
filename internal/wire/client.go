package wire

import "github.com/maru-chat/maru/internal/chat"

// ClientFrame is what a client sends: a pointer to one of the types below.
type ClientFrame interface {
	// Action is the name that the frame goes by.
	Action() string
	// Reference is the frame's ref, "" when it has none.
	Reference() string
	// About is the room that the frame is about, "" when it is about none.
	About() chat.RoomID
}

// Request has the field that all client frames share.
type Request struct {
	// Ref is echoed in the answer, at most 64 bytes. A frame without a ref is
	// carried out and gets no ack; any other answer, and an error, still comes.
	Ref string `json:"ref,omitempty"`
}

// Reference returns the ref.
func (r Request) Reference() string { return r.Ref }

// About returns no room.
func (Request) About() chat.RoomID { return "" }

// InRoom has the fields that all client frames about one room share.
type InRoom struct {
	Request
	// Room is the room's id.
	Room chat.RoomID `json:"room"`
}

// About returns the room.
func (r InRoom) About() chat.RoomID { return r.Room }

// Change has the fields that all client frames that make an entry share.
type Change struct {
	InRoom
	// ID names the entry: 1 to 64 of A-Z, a-z, 0-9, _ and -. The same frame sent
	// again makes no second entry: the ack names the one that exists.
	ID chat.EntryID `json:"id"`
	// Since is the newest cursor of the room that the client had when it first
	// tried to send this entry; a resend repeats it.
	Since Cursor `json:"since"`
}

// PostChange is a Change that concerns one post.
type PostChange struct {
	Change
	// Post is the seq of the post.
	Post chat.Seq `json:"post"`
}

// Join subscribes the connection to a room and asks for what the client lacks.
// The answer is entries.listed, or room.joined if the frame has no cursor or more
// than 1,000 entries follow it.
type Join struct {
	InRoom
	// Cursor is how far the client has read; absent on its first visit.
	Cursor *Cursor `json:"cursor,omitempty"`
	// Whole asks for entries.listed however many entries follow: a client that
	// sent an entry and got no answer has to read them all.
	Whole bool `json:"whole,omitempty"`
}

// Unsubscribe ends the connection's subscription to a room. The user stays a
// member.
type Unsubscribe struct{ InRoom }

// Entries asks for the entries after a cursor, to read the next page or to fill a
// hole. The answer is entries.listed.
type Entries struct {
	InRoom
	// Cursor is the place after which to read.
	Cursor Cursor `json:"cursor"`
}

// Send posts a message.
type Send struct {
	Change
	// Text is the message: 1 to 4,000 Unicode scalar values.
	Text string `json:"text"`
	// ReplyTo is the seq of the post that this one answers.
	ReplyTo chat.Seq `json:"reply_to,omitempty"`
	// Mentions are the members that the text names, at most 20.
	Mentions []chat.UserID `json:"mentions,omitempty"`
	// All mentions everybody in the room.
	All bool `json:"all,omitempty"`
}

// Edit replaces the text of a post.
type Edit struct {
	PostChange
	// Text is the new text: 1 to 4,000 Unicode scalar values.
	Text string `json:"text"`
}

// Delete erases the words of a post and of its edits.
type Delete struct{ PostChange }

// React sets the sender's reaction on a post.
type React struct {
	PostChange
	// Emoji is one emoji of at most 32 bytes.
	Emoji string `json:"emoji"`
}

// Unreact removes the sender's reaction from a post.
type Unreact struct {
	PostChange
	// Emoji is the emoji that was set.
	Emoji string `json:"emoji"`
}

// Pin pins a post to its room.
type Pin struct{ PostChange }

// Unpin unpins a post.
type Unpin struct{ PostChange }

// Topic sets the topic of a room.
type Topic struct {
	Change
	// Text is the topic, at most 250 Unicode scalar values; empty for none.
	Text string `json:"text"`
}

// Mark says how far the user has read a room. Marks never go back.
type Mark struct {
	InRoom
	// Cursor is the newest entry that the user has read.
	Cursor Cursor `json:"cursor"`
}

// Typing tells the others in a room that the user is writing. It may be lost.
type Typing struct{ InRoom }

// Presence asks who has a connection in a room now. The answer is
// presence.listed.
type Presence struct{ InRoom }

// Heartbeat asks which rooms have entries after the client's cursors. The
// answer is heads.listed, which also shows that the connection works.
type Heartbeat struct {
	Request
	// Cursors are the client's cursors by room, at most 100.
	Cursors map[chat.RoomID]Cursor `json:"cursors"`
}

// Hide says whether the user looks at the page.
type Hide struct {
	Request
	// Hidden is true when nobody looks at the page.
	Hidden bool `json:"hidden"`
}

// The names of the client's frames.

func (*Join) Action() string        { return "join" }
func (*Unsubscribe) Action() string { return "unsubscribe" }
func (*Entries) Action() string     { return "entries" }
func (*Send) Action() string        { return "send" }
func (*Edit) Action() string        { return "edit" }
func (*Delete) Action() string      { return "delete" }
func (*React) Action() string       { return "react" }
func (*Unreact) Action() string     { return "unreact" }
func (*Pin) Action() string         { return "pin" }
func (*Unpin) Action() string       { return "unpin" }
func (*Topic) Action() string       { return "topic" }
func (*Mark) Action() string        { return "mark" }
func (*Typing) Action() string      { return "typing" }
func (*Presence) Action() string    { return "presence" }
func (*Heartbeat) Action() string   { return "heartbeat" }
func (*Hide) Action() string        { return "hide" }

// ClientFrames lists an empty frame of every action, in the order of the
// documentation.
func ClientFrames() []ClientFrame {
	return []ClientFrame{
		&Join{}, &Unsubscribe{}, &Entries{}, &Send{}, &Edit{}, &Delete{}, &React{},
		&Unreact{}, &Pin{}, &Unpin{}, &Topic{}, &Mark{}, &Typing{}, &Presence{},
		&Heartbeat{}, &Hide{},
	}
}
