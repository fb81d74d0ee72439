package session

import (
	"maps"
	"slices"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// pageEntries is how many entries a page asks the store for. More of the usual
// length would not fit in a frame.
const pageEntries = 150

// budget is how many bytes a frame may still take, with the names that it already
// holds.
type budget struct {
	left  int
	known map[chat.UserID]string // all that the service found
	names map[chat.UserID]string // those that the frame shows
}

// newBudget returns what frame, with an empty list, leaves free.
func newBudget(frame wire.ServerFrame, members []chat.Member) *budget {
	return &budget{
		left:  wire.MaxAnswer - len(wire.Encode(frame)),
		known: wire.NamesOf(members),
		names: map[chat.UserID]string{},
	}
}

// take charges an item and the names of its users to the budget. If they do not
// fit, it charges nothing and returns false.
func (b *budget) take(item any, users ...chat.UserID) bool {
	fresh := map[chat.UserID]string{}
	for _, user := range users {
		if name, isKnown := b.known[user]; isKnown && b.names[user] == "" {
			fresh[user] = name
		}
	}
	cost := wire.Len(item) + len(",")
	if len(fresh) > 0 {
		cost += wire.Len(fresh)
	}
	if cost > b.left {
		return false
	}
	b.left -= cost
	maps.Copy(b.names, fresh)
	return true
}

// listed returns as much of the page as fits in a frame, and at least its first
// entry.
func listed(f wire.ClientFrame, after chat.Cursor, page *chat.Page) *wire.EntriesListed {
	frame := &wire.EntriesListed{
		Answer: answering(f), Room: f.About(), Entries: []wire.Entry{},
		Cursor: longestCursor, Names: map[chat.UserID]string{},
	}
	b := newBudget(frame, page.Names)
	frame.Cursor, frame.More = wire.Cursor(after), page.More
	for i := range page.Entries {
		e := &page.Entries[i]
		entry := wire.EntryOf(e)
		if !b.take(&entry, append(chat.MembersOf(e), e.Author)...) && i > 0 {
			frame.More = true
			break
		}
		frame.Entries = append(frame.Entries, entry)
		frame.Cursor = entry.Cursor
	}
	frame.Names = b.names
	return frame
}

// maxSeq has as many digits as a seq can have: it stands for one that is not known
// yet when a frame is measured.
const maxSeq = 999_999_999_999

var longestCursor = wire.Cursor{Seq: maxSeq, Tag: "00000000"}

// joined returns the room as reader sees it, with the newest posts that fit. The
// newest post is always there, if necessary without the users of its reactions.
func joined(f wire.ClientFrame, reader chat.UserID, s *chat.Snapshot) *wire.RoomJoined {
	frame := &wire.RoomJoined{
		Answer: answering(f), RoomView: wire.RoomViewOf(&s.RoomView), Cursor: wire.Cursor(s.History.Cursor),
		Posts: []wire.Post{}, Before: maxSeq, Names: map[chat.UserID]string{},
	}
	b := newBudget(frame, s.Names)
	frame.Before = s.Before
	for _, p := range slices.Backward(s.Posts) {
		post := wire.PostOf(&p, reader)
		fits := b.take(&post, shownBy(&post)...)
		if !fits && len(frame.Posts) > 0 {
			break
		}
		if !fits {
			dropUsers(&post)
			b.take(&post, post.Author)
		}
		frame.Posts = append(frame.Posts, post)
	}
	if n := len(frame.Posts); n > 0 && n < len(s.Posts) {
		frame.Before = frame.Posts[n-1].Seq
	}
	slices.Reverse(frame.Posts)
	frame.Names = b.names
	return frame
}

// shownBy lists the users whom a post names: its author and those who reacted.
func shownBy(post *wire.Post) []chat.UserID {
	users := []chat.UserID{post.Author}
	for _, r := range post.Reactions {
		users = append(users, r.Users...)
	}
	return users
}

// dropUsers removes the users from a post's reactions, and keeps the counts.
func dropUsers(post *wire.Post) {
	for i := range post.Reactions {
		post.Reactions[i].Users = []chat.UserID{}
	}
}

// here lists the users who are present, as many as fit.
func here(f wire.ClientFrame, present []chat.Presence, members []chat.Member) *wire.PresenceListed {
	frame := &wire.PresenceListed{
		Answer: answering(f), Room: f.About(), Users: []wire.PresentUser{}, Total: len(present),
	}
	b := newBudget(frame, members)
	for _, p := range present {
		user := wire.PresentUser{Person: wire.Person{User: p.User, Name: b.known[p.User]}, Hidden: p.IsHidden}
		if !b.take(&user) {
			break
		}
		frame.Users = append(frame.Users, user)
	}
	return frame
}

// beat answers a heartbeat, with its rooms in order.
func beat(f *wire.Heartbeat, behind map[chat.RoomID]chat.Head) []wire.ServerFrame {
	var answers []wire.ServerFrame
	heads := &wire.HeadsListed{Answer: answering(f), Heads: []wire.RoomHead{}}
	for _, room := range slices.Sorted(maps.Keys(behind)) {
		head := behind[room]
		if head.Seq <= f.Cursors[room].Seq {
			answers = append(answers, &wire.CursorReset{Room: room, Head: wire.Cursor(head.Cursor)})
			continue
		}
		heads.Heads = append(heads.Heads, wire.RoomHead{Room: room, Head: wire.HeadOf(&head)})
	}
	return append(answers, heads)
}
