package client

import (
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// entryOf returns an entry of the wire as the domain has it.
func entryOf(room chat.RoomID, e *wire.Entry) chat.Entry {
	return chat.Entry{
		Room: room, Seq: e.Seq, At: e.At.Time(), Author: e.Author, ID: e.ID,
		Counts: chat.Counts{Posts: e.Posts, Alls: e.Alls},
		Content: chat.Content{
			Kind: e.Kind, Text: e.Text, ReplyTo: e.ReplyTo, Mentions: e.Mentions, All: e.All,
			Post: e.Post, Emoji: e.Emoji, User: e.User, Name: e.Name, Role: e.Role, Was: e.Was,
			Title: e.Title, Visibility: e.Visibility, Founders: foundersOf(e.Founders),
		},
	}
}

func foundersOf(founders []wire.Founder) []chat.Founder {
	var out []chat.Founder
	for _, f := range founders {
		out = append(out, chat.Founder(f))
	}
	return out
}

// frameOf returns the frame that asks for the change; nil if that takes an HTTP
// request.
func frameOf(change wire.Change, content *chat.Content) wire.ClientFrame {
	onPost := wire.PostChange{Change: change, Post: content.Post}
	switch content.Kind {
	case chat.KindPosted:
		return &wire.Send{Change: change, Text: content.Text, ReplyTo: content.ReplyTo, Mentions: content.Mentions, All: content.All}
	case chat.KindEdited:
		return &wire.Edit{PostChange: onPost, Text: content.Text}
	case chat.KindDeleted:
		return &wire.Delete{PostChange: onPost}
	case chat.KindReactionSet:
		return &wire.React{PostChange: onPost, Emoji: content.Emoji}
	case chat.KindReactionRemoved:
		return &wire.Unreact{PostChange: onPost, Emoji: content.Emoji}
	case chat.KindPinned:
		return &wire.Pin{PostChange: onPost}
	case chat.KindUnpinned:
		return &wire.Unpin{PostChange: onPost}
	case chat.KindTopicSet:
		return &wire.Topic{Change: change, Text: content.Text}
	default:
		return nil
	}
}

// pathOf returns the HTTP path that asks for a change without a frame.
func pathOf(room chat.RoomID, kind chat.Kind) string {
	paths := map[chat.Kind]string{chat.KindJoined: "/join", chat.KindLeft: "/leave"}
	return "/rooms/" + string(room) + paths[kind]
}
