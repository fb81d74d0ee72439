package chat

import "slices"

// Fold is the state that one room's log adds up to, in memory. A store keeps the
// same in its tables. The memory store is built on Fold, and tests compare stores
// with it.
type Fold struct {
	Head     Head
	Room     Room
	Members  map[UserID]*Member
	Posts    map[Seq]*Post
	Mentions map[UserID][]Mention
	// Marks are how far the log itself advances them: see [MarksOf].
	Marks map[UserID]Mark
}

// NewFold returns the fold of the empty log.
func NewFold() *Fold {
	return &Fold{
		Members:  map[UserID]*Member{},
		Posts:    map[Seq]*Post{},
		Mentions: map[UserID][]Mention{},
		Marks:    map[UserID]Mark{},
	}
}

// Apply folds the next entry.
func (f *Fold) Apply(e *Entry) {
	f.Head = e.Head()
	f.Room.Apply(e)
	for _, user := range MembersOf(e) {
		if f.Members[user] == nil {
			f.Members[user] = &Member{User: user}
		}
		f.Members[user].Apply(e)
	}
	for _, user := range MarksOf(e) {
		f.Marks[user] = MarkAt(e)
	}
	if e.Kind == KindPosted {
		f.Posts[e.Seq] = &Post{Entry: *e}
		for _, user := range e.Mentions {
			f.Mentions[user] = append(f.Mentions[user], Mention{Room: e.Room, Seq: e.Seq, At: e.At})
		}
	}
	if post := f.Posts[e.Post]; post != nil {
		post.Apply(e)
	}
	if e.Kind == KindRoomDeleted {
		f.eraseRoom()
	}
}

// eraseRoom erases the body of every post, as Room.Apply erases the topic.
// Titles and names stay: they say which room it was and who was in it.
func (f *Fold) eraseRoom() {
	for _, post := range f.Posts {
		post.Text = ""
	}
}

// ErasedBy lists the entries whose words the deletion of post erases: the post
// and each of its edits.
func ErasedBy(post *Post) []Seq {
	return slices.Concat([]Seq{post.Seq}, post.Edits)
}
