package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

const (
	room  chat.RoomID = "0190d5a2-7c3b-7e44-9a1f-3d2c5b6a7f80"
	alice chat.UserID = "u-alice"
	bob   chat.UserID = "u-bob"
	entry             = chat.EntryID("0190d5a3-1f2e-7b11-8c55-6d7e8f901234")
)

var began = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)

// posted is the post in the examples.
var posted = chat.Entry{
	Room: room, Seq: 12, At: began.Add(time.Hour), Author: alice, ID: entry,
	Counts:  chat.Counts{Posts: 9, Alls: 1},
	Content: chat.Content{Kind: chat.KindPosted, Text: "점심 먹으러 갈까요? <12:30> @Bob", Mentions: []chat.UserID{bob}},
}

var reacted = chat.Entry{
	Room: room, Seq: 13, At: began.Add(61 * time.Minute), Author: bob, ID: "0190d5a3-9a01-7f10-a2b3-c4d5e6f70819",
	Counts:  posted.Counts,
	Content: chat.Content{Kind: chat.KindReactionSet, Post: posted.Seq, Emoji: "👍"},
}

var byName = map[chat.UserID]string{alice: "Alice", bob: "Bob"}

func since() wire.Cursor { return wire.Cursor{Seq: 11, Tag: "5c3fa201"} }

func cursorAt(e *chat.Entry) *wire.Cursor {
	c := wire.Cursor(e.Cursor())
	return &c
}

func inRoom(ref string) wire.InRoom {
	return wire.InRoom{Request: wire.Request{Ref: ref}, Room: room}
}

func change(ref string) wire.Change {
	return wire.Change{InRoom: inRoom(ref), ID: entry, Since: since()}
}

func onPost(ref string) wire.PostChange {
	return wire.PostChange{Change: change(ref), Post: posted.Seq}
}

// clientExamples has one frame of every action.
func clientExamples() []wire.ClientFrame {
	at := since()
	return []wire.ClientFrame{
		&wire.Join{InRoom: inRoom("1"), Cursor: &at},
		&wire.Unsubscribe{InRoom: inRoom("2")},
		&wire.Entries{InRoom: inRoom("3"), Cursor: at},
		&wire.Send{Change: change("4"), Text: posted.Text, Mentions: posted.Mentions},
		&wire.Edit{PostChange: onPost("5"), Text: "점심은 한 시에 먹어요"},
		&wire.Delete{PostChange: onPost("6")},
		&wire.React{PostChange: onPost("7"), Emoji: "👍"},
		&wire.Unreact{PostChange: onPost("8"), Emoji: "👍"},
		&wire.Pin{PostChange: onPost("9")},
		&wire.Unpin{PostChange: onPost("10")},
		&wire.Topic{Change: change("11"), Text: "Lunch, and where"},
		&wire.Mark{InRoom: inRoom("12"), Cursor: *cursorAt(&posted)},
		&wire.Typing{InRoom: wire.InRoom{Room: room}},
		&wire.Presence{InRoom: inRoom("14")},
		&wire.Heartbeat{Request: wire.Request{Ref: "15"}, Cursors: map[chat.RoomID]wire.Cursor{room: at}},
		&wire.Hide{Request: wire.Request{Ref: "16"}, Hidden: true},
	}
}

// serverExamples has one frame of every type.
func serverExamples() []wire.ServerFrame {
	head := wire.Cursor(reacted.Cursor())
	top := reacted.Head()
	view := chat.RoomView{
		Room: chat.Room{
			ID: room, Title: "Lunch", Visibility: chat.Public, Topic: "Where today?", CreatedAt: began,
			Pins: []chat.Seq{posted.Seq}, Members: 2,
		},
		Member: chat.Member{Role: chat.RoleMember}, Head: top,
		Mark: chat.Mark{Seq: 8, Counts: chat.Counts{Posts: 7, Alls: 1}}, Unread: chat.Unread{Posts: 2, Mentions: 1},
	}
	post := chat.Post{Entry: posted, Reactions: []chat.Reaction{{Emoji: "👍", User: bob, Seq: reacted.Seq}}}
	return []wire.ServerFrame{
		&wire.Ack{Answer: wire.Answer{Ref: "4"}, Room: room, Seq: posted.Seq, Cursor: cursorAt(&posted), At: wire.MillisOf(posted.At)},
		&wire.Error{Answer: wire.Answer{Ref: "4"}, Code: chat.CodeRateLimited, Message: "too fast: wait a moment", Room: room, RetryAfterMS: 500},
		&wire.RoomJoined{
			Answer: wire.Answer{Ref: "1"}, RoomView: wire.RoomViewOf(&view), Cursor: head,
			Posts: []wire.Post{wire.PostOf(&post, alice)}, Names: byName,
		},
		&wire.EntriesListed{
			Answer: wire.Answer{Ref: "3"}, Room: room, Cursor: head, Names: byName,
			Entries: []wire.Entry{wire.EntryOf(&posted), wire.EntryOf(&reacted)},
		},
		&wire.EntryAppended{Room: room, Entry: wire.EntryOf(&posted)},
		&wire.RoomBehind{Room: room, Head: head},
		&wire.CursorReset{Room: room, Head: head},
		&wire.HeadsListed{Answer: wire.Answer{Ref: "15"}, Heads: []wire.RoomHead{{Room: room, Head: wire.HeadOf(&top)}}},
		&wire.PresenceListed{
			Answer: wire.Answer{Ref: "14"}, Room: room, Total: 2,
			Users: []wire.PresentUser{{Person: wire.Person{User: alice, Name: "Alice"}}, {Person: wire.Person{User: bob, Name: "Bob"}, Hidden: true}},
		},
		&wire.TypingStarted{Room: room, User: bob, Name: "Bob"},
		&wire.MarkMoved{Room: room, Mark: wire.ReadMark{Seq: posted.Seq, Posts: 9, Alls: 1}},
		&wire.RoomGained{Room: room},
		&wire.RoomLost{Room: room},
		&wire.ConnectionClosing{Reason: wire.ReasonShutdown, ReconnectAfterMS: 1500},
	}
}

// writeExamples writes one example of each frame, and fails if a frame has none.
func writeExamples(m *model, files map[string][]byte) error {
	for _, f := range clientExamples() {
		if err := putLine(files, f.Action(), wire.EncodeClient(f)); err != nil {
			return err
		}
	}
	for _, f := range serverExamples() {
		if err := putLine(files, f.Type(), wire.Encode(f)); err != nil {
			return err
		}
	}
	for _, o := range append(m.client[:len(m.client):len(m.client)], m.server...) {
		if _, has := files[exampleOf(o.label)]; !has {
			return fmt.Errorf("no example of %s", o.label)
		}
	}
	return nil
}

func exampleOf(label string) string { return "api/examples/" + label + ".json" }

// putLine adds a frame, indented for people: on the wire it is one line.
func putLine(files map[string][]byte, label string, line []byte) error {
	var out bytes.Buffer
	if err := json.Indent(&out, line, "", "  "); err != nil {
		return fmt.Errorf("example of %s: %w", label, err)
	}
	out.WriteByte('\n')
	files[exampleOf(label)] = out.Bytes()
	return nil
}
