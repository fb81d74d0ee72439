package wire

import "github.com/maru-chat/maru/internal/chat"

// ServerFrame is what the server sends: a pointer to one of the types below.
type ServerFrame interface {
	// Type is the name that the frame goes by.
	Type() string
}

// Answer has the field that all server frames that answer a client frame share.
type Answer struct {
	// Ref is the ref of the client frame; absent if that had none.
	Ref string `json:"ref,omitempty"`
}

// Ack says that the client's frame was carried out. If it made an entry, that
// entry is durable.
type Ack struct {
	Answer
	// Room is the room that the frame was about.
	Room chat.RoomID `json:"room,omitempty"`
	// Seq is the seq of the entry that the frame made, or of the existing entry
	// that made it unnecessary.
	Seq chat.Seq `json:"seq,omitempty"`
	// Cursor is the place just after that entry.
	Cursor *Cursor `json:"cursor,omitempty"`
	// At is when that entry became durable.
	At Millis `json:"at,omitempty"`
	// Existed says that the entry existed before: the frame was a resend, or would
	// have changed nothing.
	Existed bool `json:"existed,omitempty"`
}

// Error says that a client's frame was refused or failed. Nothing was changed,
// except with the codes unavailable and internal: there it is not known whether
// the frame was carried out, and it is safe to send the same frame again.
type Error struct {
	Answer
	// Code is for programs; see the table of codes.
	Code chat.Code `json:"code"`
	// Message is for people, in English.
	Message string `json:"message"`
	// Room is the room that the frame was about.
	Room chat.RoomID `json:"room,omitempty"`
	// RetryAfterMS is how many milliseconds to wait before trying again.
	RetryAfterMS int64 `json:"retry_after_ms,omitempty"`
	// Head is the newest cursor of the room, with the code stale.
	Head *Cursor `json:"head,omitempty"`
}

// EntryAppended pushes a new entry of a room that the connection has joined.
type EntryAppended struct {
	// Room is the room.
	Room chat.RoomID `json:"room"`
	// Entry is the new entry.
	Entry Entry `json:"entry"`
}

// EntriesListed answers join and entries: the entries after the client's cursor.
type EntriesListed struct {
	Answer
	// Room is the room.
	Room chat.RoomID `json:"room"`
	// Entries are in order, without a hole.
	Entries []Entry `json:"entries"`
	// Cursor is the place after the last of them, from where to continue.
	Cursor Cursor `json:"cursor"`
	// More says that further entries follow: ask for them from Cursor.
	More bool `json:"more"`
	// Names are the names, in the room, of the authors and of the members
	// concerned.
	Names map[chat.UserID]string `json:"names"`
}

// RoomJoined answers join with a snapshot of the room. The client drops what it
// held of the room and continues from Cursor.
type RoomJoined struct {
	Answer
	RoomView
	// Cursor is the place from where to continue. The posts may be newer: an entry
	// after Cursor that a post already shows changes nothing.
	Cursor Cursor `json:"cursor"`
	// Posts are the newest posts that fit, oldest first.
	Posts []Post `json:"posts"`
	// Before is the seq before which older posts lie; 0 when there are none.
	Before chat.Seq `json:"before"`
	// Names are the names, in the room, of the users whom the posts show.
	Names map[chat.UserID]string `json:"names"`
}

// RoomBehind says that pushes of a room were dropped because the client could
// not keep up: it asks for the entries after its own cursor.
type RoomBehind struct {
	// Room is the room whose pushes were dropped.
	Room chat.RoomID `json:"room"`
	// Head is the newest cursor that the server knows of.
	Head Cursor `json:"head"`
}

// RoomGained says that the user is now a member of a room.
type RoomGained struct {
	// Room is the room.
	Room chat.RoomID `json:"room"`
}

// RoomLost says that the user is no longer a member of a room.
type RoomLost struct {
	// Room is the room.
	Room chat.RoomID `json:"room"`
}

// CursorReset says that the client's cursor is not of the room's log, as after
// a restored backup: the client drops what it holds of the room and joins again
// without a cursor.
type CursorReset struct {
	// Room is the room.
	Room chat.RoomID `json:"room"`
	// Head is the newest cursor.
	Head Cursor `json:"head"`
}

// HeadsListed answers heartbeat: the rooms that have entries after the client's
// cursors, and no others.
type HeadsListed struct {
	Answer
	// Heads are the newest entries of those rooms.
	Heads []RoomHead `json:"heads"`
}

// RoomHead is a room with its head.
type RoomHead struct {
	// Room is the room.
	Room chat.RoomID `json:"room"`
	Head
}

// PresenceListed answers presence.
type PresenceListed struct {
	Answer
	// Room is the room.
	Room chat.RoomID `json:"room"`
	// Users are those who have a connection in the room, each once; cut if the
	// frame would be too long.
	Users []PresentUser `json:"users"`
	// Total is how many such users there are, at most 1,000.
	Total int `json:"total"`
}

// PresentUser is one user who has a connection in a room.
type PresentUser struct {
	Person
	// Hidden says that nobody looks at any of the user's pages.
	Hidden bool `json:"hidden,omitempty"`
}

// TypingStarted says that a member is writing.
type TypingStarted struct {
	// Room is the room.
	Room chat.RoomID `json:"room"`
	// User is the member who is writing.
	User chat.UserID `json:"user"`
	// Name is the member's name in the room.
	Name string `json:"name"`
}

// MarkMoved says that the user has read further, on this or another device.
type MarkMoved struct {
	// Room is the room.
	Room chat.RoomID `json:"room"`
	// Mark is how far the user has read.
	Mark ReadMark `json:"mark"`
}

// ConnectionClosing says that the server is about to close the connection.
type ConnectionClosing struct {
	// Reason says why; see the table of reasons. Readers treat one that they do
	// not know as shutdown.
	Reason string `json:"reason"`
	// ReconnectAfterMS is how many milliseconds to wait before connecting again.
	ReconnectAfterMS int64 `json:"reconnect_after_ms,omitempty"`
}

// The reasons of [ConnectionClosing].
const (
	ReasonShutdown  = "shutdown"   // the server stops or restarts: connect again
	ReasonIdle      = "idle"       // ten minutes of silence, or too many connections: connect when needed
	ReasonLifetime  = "lifetime"   // the token has expired: connect again with the newest one
	ReasonSignedOut = "signed_out" // the user was signed out, as by a ban: ask GET /session
)

// Unknown is a frame of a later version: readers skip it.
type Unknown struct {
	// Name is its type.
	Name string `json:"-"`
}

// Type returns the name that the frame came with.
func (u *Unknown) Type() string { return u.Name }

// The names of the server's frames.

func (*Ack) Type() string               { return "ack" }
func (*Error) Type() string             { return "error" }
func (*EntryAppended) Type() string     { return "entry.appended" }
func (*EntriesListed) Type() string     { return "entries.listed" }
func (*RoomJoined) Type() string        { return "room.joined" }
func (*RoomBehind) Type() string        { return "room.behind" }
func (*RoomGained) Type() string        { return "room.gained" }
func (*RoomLost) Type() string          { return "room.lost" }
func (*CursorReset) Type() string       { return "cursor.reset" }
func (*HeadsListed) Type() string       { return "heads.listed" }
func (*PresenceListed) Type() string    { return "presence.listed" }
func (*TypingStarted) Type() string     { return "typing.started" }
func (*MarkMoved) Type() string         { return "mark.moved" }
func (*ConnectionClosing) Type() string { return "connection.closing" }

// ServerFrames lists an empty frame of every type, in the order of the
// documentation.
func ServerFrames() []ServerFrame {
	return []ServerFrame{
		&Ack{}, &Error{}, &RoomJoined{}, &EntriesListed{}, &EntryAppended{}, &RoomBehind{},
		&CursorReset{}, &HeadsListed{}, &PresenceListed{}, &TypingStarted{}, &MarkMoved{},
		&RoomGained{}, &RoomLost{}, &ConnectionClosing{},
	}
}
