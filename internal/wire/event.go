package wire

import "github.com/maru-chat/maru/internal/chat"

// FrameOf returns the frame that tells a client of event, or nil for an event that
// has no frame. The frame depends on the event alone: it is encoded once and shared
// by all who receive it.
func FrameOf(event chat.Event) ServerFrame {
	switch e := event.(type) {
	case *chat.EntryAppended:
		return &EntryAppended{Room: e.Entry.Room, Entry: EntryOf(&e.Entry)}
	case chat.TypingStarted:
		return &TypingStarted{Room: e.Room, User: e.User, Name: e.Name}
	case chat.MarkMoved:
		return &MarkMoved{Room: e.Room, Mark: ReadMarkOf(e.Mark)}
	case chat.RoomGained:
		return &RoomGained{Room: e.Room}
	case chat.RoomLost:
		return &RoomLost{Room: e.Room}
	case chat.SignedOut:
		return &ConnectionClosing{Reason: ReasonSignedOut}
	default:
		return nil
	}
}
