package wire

import "github.com/maru-chat/maru/internal/chat"

// Entry is one durable fact in the log of a room. Its kind decides which of the
// optional fields it has. The frame or the address names the room.
type Entry struct {
	// Seq counts the room's entries from 1 without holes.
	Seq chat.Seq `json:"seq"`
	// Cursor is the place just after this entry.
	Cursor Cursor `json:"cursor"`
	// At is when the entry became durable; it rises strictly within a room.
	At Millis `json:"at"`
	// Author is the user that made it.
	Author chat.UserID `json:"author"`
	// ID is the author's own name for the entry.
	ID chat.EntryID `json:"id"`
	// Kind says what happened. Readers skip kinds that they do not know, and
	// still move their cursor.
	Kind chat.Kind `json:"kind"`
	// Posts counts the posts of the room up to here, deleted ones included.
	Posts int64 `json:"posts"`
	// Alls counts those of them that mention everybody.
	Alls int64 `json:"alls"`

	// Text is the current text of a post, the new text of an edit, or the topic;
	// absent if the words were erased or the topic was cleared.
	Text string `json:"text,omitempty"`
	// ReplyTo is the seq of the post that this post answers.
	ReplyTo chat.Seq `json:"reply_to,omitempty"`
	// Mentions are the members that a post names.
	Mentions []chat.UserID `json:"mentions,omitempty"`
	// All says that a post mentions everybody.
	All bool `json:"all,omitempty"`
	// Post is the seq of the post that an edit, deletion, reaction or pin concerns.
	Post chat.Seq `json:"post,omitempty"`
	// Emoji is the reaction.
	Emoji string `json:"emoji,omitempty"`
	// User is the member that a membership entry concerns.
	User chat.UserID `json:"user,omitempty"`
	// Name is the member's name in the room.
	Name string `json:"name,omitempty"`
	// Role is the member's role from now on.
	Role chat.Role `json:"role,omitempty"`
	// Was is the member's role before.
	Was chat.Role `json:"was,omitempty"`
	// Title is the room's name.
	Title string `json:"title,omitempty"`
	// Visibility says who may find and read the room.
	Visibility chat.Visibility `json:"visibility,omitempty"`
	// Founders are the members with whom the room begins.
	Founders []Founder `json:"founders,omitempty"`
}

// Founder is a member with whom a room begins.
type Founder struct {
	// User is the member.
	User chat.UserID `json:"user"`
	// Name is their name in the room.
	Name string `json:"name"`
	// Role is their role.
	Role chat.Role `json:"role"`
}

// Post is a posted entry with what later entries changed.
type Post struct {
	Entry
	// Edits are the seqs of the entries that edited it, oldest first.
	Edits []chat.Seq `json:"edits,omitempty"`
	// Deleted is the seq of the entry that deleted it.
	Deleted chat.Seq `json:"deleted,omitempty"`
	// Reactions are the reactions on it, one for each emoji.
	Reactions []Reaction `json:"reactions,omitempty"`
	// Reacted is the seq of the newest entry that set or removed a reaction:
	// readers skip reaction entries that are not newer.
	Reacted chat.Seq `json:"reacted,omitempty"`
}

// Reaction is one emoji on a post.
type Reaction struct {
	// Emoji is the emoji.
	Emoji string `json:"emoji"`
	// Count is how many users set it.
	Count int `json:"count"`
	// Users are the first who set it: at most five, and fewer if the post would
	// not fit in a frame.
	Users []chat.UserID `json:"users"`
	// Mine says that the reader set it.
	Mine bool `json:"mine,omitempty"`
	// Seq is the seq of the newest entry that set it.
	Seq chat.Seq `json:"seq"`
}

// MaxReactionUsers is how many users a [Reaction] names.
const MaxReactionUsers = 5

// EntryOf returns e as it travels.
func EntryOf(e *chat.Entry) Entry {
	return Entry{
		Seq: e.Seq, Cursor: Cursor(e.Cursor()), At: MillisOf(e.At), Author: e.Author, ID: e.ID,
		Kind: e.Kind, Posts: e.Counts.Posts, Alls: e.Counts.Alls,
		Text: e.Text, ReplyTo: e.ReplyTo, Mentions: e.Mentions, All: e.All,
		Post: e.Post, Emoji: e.Emoji,
		User: e.User, Name: e.Name, Role: e.Role, Was: e.Was,
		Title: e.Title, Visibility: e.Visibility, Founders: foundersOf(e.Founders),
	}
}

func foundersOf(founders []chat.Founder) []Founder {
	if len(founders) == 0 {
		return nil
	}
	out := make([]Founder, 0, len(founders))
	for _, f := range founders {
		out = append(out, Founder(f))
	}
	return out
}

// PostOf returns p as it travels to reader.
func PostOf(p *chat.Post, reader chat.UserID) Post {
	return Post{
		Entry: EntryOf(&p.Entry), Edits: p.Edits, Deleted: p.Deleted,
		Reactions: reactionsOf(p.Reactions, reader), Reacted: p.Reacted,
	}
}

// reactionsOf gathers reactions by emoji, in the order in which each was first set.
func reactionsOf(reactions []chat.Reaction, reader chat.UserID) []Reaction {
	var out []Reaction
	at := map[string]int{}
	for _, r := range reactions {
		i, isKnown := at[r.Emoji]
		if !isKnown {
			i = len(out)
			at[r.Emoji] = i
			out = append(out, Reaction{Emoji: r.Emoji, Users: []chat.UserID{}})
		}
		group := &out[i]
		group.Count++
		group.Seq = max(group.Seq, r.Seq)
		group.Mine = group.Mine || r.User == reader
		if len(group.Users) < MaxReactionUsers {
			group.Users = append(group.Users, r.User)
		}
	}
	return out
}
