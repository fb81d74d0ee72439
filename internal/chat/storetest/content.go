package storetest

import "github.com/maru-chat/maru/internal/chat"

func post(text string) chat.Content { return chat.Content{Kind: chat.KindPosted, Text: text} }

func edit(seq chat.Seq, text string) chat.Content {
	return chat.Content{Kind: chat.KindEdited, Post: seq, Text: text}
}

func deletion(seq chat.Seq) chat.Content { return chat.Content{Kind: chat.KindDeleted, Post: seq} }

func react(seq chat.Seq, emoji string) chat.Content {
	return chat.Content{Kind: chat.KindReactionSet, Post: seq, Emoji: emoji}
}

func unreact(seq chat.Seq, emoji string) chat.Content {
	return chat.Content{Kind: chat.KindReactionRemoved, Post: seq, Emoji: emoji}
}

func pin(seq chat.Seq) chat.Content   { return chat.Content{Kind: chat.KindPinned, Post: seq} }
func unpin(seq chat.Seq) chat.Content { return chat.Content{Kind: chat.KindUnpinned, Post: seq} }

func topic(text string) chat.Content { return chat.Content{Kind: chat.KindTopicSet, Text: text} }

func settings(title string, v chat.Visibility) chat.Content {
	return chat.Content{Kind: chat.KindSettingsChanged, Title: title, Visibility: v}
}

func join(user chat.UserID, name string, role chat.Role) chat.Content {
	return chat.Content{Kind: chat.KindJoined, User: user, Name: name, Role: role}
}

func leave(user chat.UserID, was chat.Role) chat.Content {
	return chat.Content{Kind: chat.KindLeft, User: user, Was: was}
}

func remove(user chat.UserID, was chat.Role) chat.Content {
	return chat.Content{Kind: chat.KindRemoved, User: user, Was: was}
}

func setRole(user chat.UserID, role, was chat.Role) chat.Content {
	return chat.Content{Kind: chat.KindRoleSet, User: user, Role: role, Was: was}
}

func rename(user chat.UserID, name string) chat.Content {
	return chat.Content{Kind: chat.KindRenamed, User: user, Name: name}
}

func endRoom() chat.Content { return chat.Content{Kind: chat.KindRoomDeleted} }
