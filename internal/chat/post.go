package chat

import "slices"

// Bounds of a post's life.
const (
	MaxEdits     = 50  // a 51st edit is refused
	MaxMentions  = 20  // named members in one post
	MaxEmoji     = 20  // kinds of emoji on one post; concurrent ones may exceed it
	MaxReactions = 500 // reactions on one post; concurrent ones may exceed it
	MaxPins      = 50  // pinned posts of a room
)

// Post is a posted entry and what later entries made of it.
type Post struct {
	// Entry is the posted entry; its Text is the body as it is now, empty once
	// the post or its room was deleted.
	Entry
	// Edits are the edited entries, oldest first.
	Edits []Seq
	// Deleted is the entry that deleted the post; 0 while it stands.
	Deleted Seq
	// Reactions stand in the order of their Seq.
	Reactions []Reaction
	// Reacted is the newest entry that set or removed a reaction, 0 for none.
	// Reactions shows every reaction entry up to it. A fold skips those entries:
	// otherwise it would count a removal twice.
	Reacted Seq
}

// Reaction is one user's emoji on a post.
type Reaction struct {
	Emoji string
	User  UserID
	Seq   Seq // the entry that set it
}

// Touched returns the last entry that changed what decisions rely on.
func (p *Post) Touched() Seq {
	if p.Deleted > 0 {
		return p.Deleted
	}
	if n := len(p.Edits); n > 0 {
		return p.Edits[n-1]
	}
	return p.Seq
}

// Reaction returns the user's reaction with emoji; false when there is none.
func (p *Post) Reaction(user UserID, emoji string) (Reaction, bool) {
	for _, r := range p.Reactions {
		if r.User == user && r.Emoji == emoji {
			return r, true
		}
	}
	return Reaction{}, false
}

// Apply folds an edit, deletion or reaction of this post into it. It skips entries
// that p already shows, so that folding a page of the log twice changes nothing.
func (p *Post) Apply(e *Entry) {
	switch e.Kind {
	case KindEdited:
		if e.Seq > p.Touched() && p.Deleted == 0 {
			p.Edits = append(slices.Clone(p.Edits), e.Seq)
			p.Text = e.Text
		}
	case KindDeleted:
		if p.Deleted == 0 {
			p.Deleted, p.Text = e.Seq, ""
		}
	case KindReactionSet:
		if e.Seq > p.Reacted {
			p.unreact(e)
			p.Reactions = append(p.Reactions, Reaction{Emoji: e.Emoji, User: e.Author, Seq: e.Seq})
		}
	case KindReactionRemoved:
		if e.Seq > p.Reacted {
			p.unreact(e)
		}
	}
}

// unreact drops the reaction that e concerns.
func (p *Post) unreact(e *Entry) {
	p.Reacted = e.Seq
	p.Reactions = slices.DeleteFunc(slices.Clone(p.Reactions), func(r Reaction) bool {
		return r.User == e.Author && r.Emoji == e.Emoji
	})
}
