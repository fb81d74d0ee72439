// Package record says how an entry is stored: the name of each field, and the one
// canonical encoding of the entry, a JSON object without blanks whose fields are
// always in the same order, empty ones left out. Equal entries have equal bytes.
// It is not the wire format: clients never see it.
//
// The names are stable, and every store keeps an entry field by field under
// them. dynamostore goes through [Entry]. sqlitestore reads and writes its
// columns directly, for speed, and a test there holds them to these names.
// [Marshal] and [Unmarshal] are for export and import, which no command offers
// yet. Tests already fix what they write, before there are files that a change
// would orphan.
//
//	v           version of the encoding, 1
//	room        the room's id
//	seq         the entry's number, from 1
//	at          Unix milliseconds
//	by          the author's user id
//	id          the author's id of the entry
//	kind        see chat.Kind
//	posts alls  the running counts, this entry included
//	text        a post's or an edit's body, or the topic
//	reply       the seq of the post that a post answers
//	mentions    the user ids that a post names
//	all         true when a post says @all
//	post        the seq of the post that an edit, deletion, reaction or pin concerns
//	emoji       of a reaction
//	user name role was          of membership entries
//	title visibility founders   of a room; a founder has user, name and role
//
// Invariants: Unmarshal reads what Marshal wrote as the same entry, and Marshal
// writes what Unmarshal accepted as the same bytes. A version or kind that this
// program does not know is refused.
package record

import (
	"slices"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// Version is the version of the encoding that Marshal writes.
const Version = 1

// Entry is a chat.Entry as it is stored and exported. The json tags are the
// names that the package comment lists.
type Entry struct {
	Version    int             `json:"v"`
	Room       chat.RoomID     `json:"room"`
	Seq        chat.Seq        `json:"seq"`
	At         int64           `json:"at"`
	Author     chat.UserID     `json:"by"`
	ID         chat.EntryID    `json:"id"`
	Kind       chat.Kind       `json:"kind"`
	Posts      int64           `json:"posts,omitempty"`
	Alls       int64           `json:"alls,omitempty"`
	Text       string          `json:"text,omitempty"`
	ReplyTo    chat.Seq        `json:"reply,omitempty"`
	Mentions   []chat.UserID   `json:"mentions,omitempty"`
	All        bool            `json:"all,omitempty"`
	Post       chat.Seq        `json:"post,omitempty"`
	Emoji      string          `json:"emoji,omitempty"`
	User       chat.UserID     `json:"user,omitempty"`
	Name       string          `json:"name,omitempty"`
	Role       chat.Role       `json:"role,omitempty"`
	Was        chat.Role       `json:"was,omitempty"`
	Title      string          `json:"title,omitempty"`
	Visibility chat.Visibility `json:"visibility,omitempty"`
	Founders   []Founder       `json:"founders,omitempty"`
}

// Founder is a chat.Founder as it is stored and exported.
type Founder struct {
	User chat.UserID `json:"user"`
	Name string      `json:"name,omitempty"`
	Role chat.Role   `json:"role,omitempty"`
}

// Of returns e as it is stored. It cuts e.At to milliseconds, which is all that an
// entry from a store has.
func Of(e *chat.Entry) Entry {
	r := Entry{
		Version: Version,
		Room:    e.Room, Seq: e.Seq, At: e.At.UnixMilli(), Author: e.Author, ID: e.ID,
		Kind: e.Kind, Posts: e.Counts.Posts, Alls: e.Counts.Alls,
		Text: e.Text, ReplyTo: e.ReplyTo, Mentions: slices.Clone(e.Mentions), All: e.All,
		Post: e.Post, Emoji: e.Emoji,
		User: e.User, Name: e.Name, Role: e.Role, Was: e.Was,
		Title: e.Title, Visibility: e.Visibility,
	}
	for _, f := range e.Founders {
		r.Founders = append(r.Founders, Founder(f))
	}
	return r
}

// Entry returns the entry that r stores. It fails with CodeInternal when r has
// another version, an unknown kind, or no valid room, seq, author or id.
func (r *Entry) Entry() (chat.Entry, error) {
	if err := r.check(); err != nil {
		return chat.Entry{}, err
	}
	e := chat.Entry{
		Room: r.Room, Seq: r.Seq, At: time.UnixMilli(r.At).UTC(), Author: r.Author, ID: r.ID,
		Counts: chat.Counts{Posts: r.Posts, Alls: r.Alls},
		Content: chat.Content{
			Kind: r.Kind, Text: r.Text, ReplyTo: r.ReplyTo, Mentions: slices.Clone(r.Mentions), All: r.All,
			Post: r.Post, Emoji: r.Emoji,
			User: r.User, Name: r.Name, Role: r.Role, Was: r.Was,
			Title: r.Title, Visibility: r.Visibility,
		},
	}
	for _, f := range r.Founders {
		e.Founders = append(e.Founders, chat.Founder(f))
	}
	return e, nil
}

func (r *Entry) check() error {
	switch {
	case r.Version != Version:
		return broken("version %d of an entry; this program reads version %d", r.Version, Version)
	case !slices.Contains(chat.Kinds, r.Kind):
		return broken("entry of the unknown kind %q", r.Kind)
	case r.Seq < 1 || !r.Room.Valid() || !r.Author.Valid() || !r.ID.Valid():
		return broken("entry without a valid room, seq, author or id")
	}
	return nil
}
