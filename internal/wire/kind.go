package wire

import "github.com/maru-chat/maru/internal/chat"

// KindFields names the fields, beyond those that every entry has, of the
// entries of one kind.
type KindFields struct {
	// Has are always present.
	Has []string
	// MayHave are present if they are not empty.
	MayHave []string
}

// Kinds is the one table of which fields an [Entry] of each kind has.
func Kinds() map[chat.Kind]KindFields {
	onPost := KindFields{Has: []string{"post"}}
	withEmoji := KindFields{Has: []string{"post", "emoji"}}
	parted := KindFields{Has: []string{"user"}, MayHave: []string{"was"}}
	return map[chat.Kind]KindFields{
		chat.KindCreated:         {Has: []string{"visibility", "founders"}, MayHave: []string{"title"}},
		chat.KindPosted:          {MayHave: []string{"text", "reply_to", "mentions", "all"}},
		chat.KindEdited:          {Has: []string{"post"}, MayHave: []string{"text"}},
		chat.KindDeleted:         onPost,
		chat.KindReactionSet:     withEmoji,
		chat.KindReactionRemoved: withEmoji,
		chat.KindPinned:          onPost,
		chat.KindUnpinned:        onPost,
		chat.KindTopicSet:        {MayHave: []string{"text"}},
		chat.KindSettingsChanged: {Has: []string{"title", "visibility"}},
		chat.KindJoined:          {Has: []string{"user", "name", "role"}},
		chat.KindLeft:            parted,
		chat.KindRemoved:         parted,
		chat.KindRoleSet:         {Has: []string{"user", "role"}, MayHave: []string{"was"}},
		chat.KindRenamed:         {Has: []string{"user", "name"}},
		chat.KindRoomDeleted:     {},
	}
}
