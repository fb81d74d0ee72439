package session

import (
	"errors"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// answer is how the session treats errors of one code.
type answer struct {
	// isFault says that the client did not cause the error: it is logged.
	isFault bool
	// hides says that the client does not see the error's own text.
	hides bool
}

// answersByCode is the one table of error codes for sockets.
var answersByCode = map[chat.Code]answer{
	chat.CodeInvalid:         {},
	chat.CodeUnauthenticated: {},
	chat.CodeForbidden:       {},
	chat.CodeNotFound:        {},
	chat.CodeConflict:        {},
	chat.CodeStale:           {},
	chat.CodeTooLarge:        {},
	chat.CodeRateLimited:     {},
	chat.CodeUnavailable:     {isFault: true},
	chat.CodeInternal:        {isFault: true, hides: true},
}

// answerOf returns the row of err's code; an unknown code counts as internal.
func answerOf(err error) answer {
	if a, has := answersByCode[chat.CodeOf(err)]; has {
		return a
	}
	return answersByCode[chat.CodeInternal]
}

// refusal returns the error frame for err. A cursor.reset comes before it if err
// says that the client's cursor is not of the room's log.
func refusal(ref string, room chat.RoomID, err error) []wire.ServerFrame {
	frame := &wire.Error{Answer: wire.Answer{Ref: ref}, Room: room}
	var known *chat.Error
	if answerOf(err).hides || !errors.As(err, &known) {
		frame.Code, frame.Message = chat.CodeInternal, "something went wrong on our side"
		return []wire.ServerFrame{frame}
	}
	frame.Code, frame.Message = known.Code, known.Msg
	frame.RetryAfterMS = wholeMillis(known.RetryAfter)
	if known.Code != chat.CodeStale {
		return []wire.ServerFrame{frame}
	}
	head := wire.Cursor(known.Head)
	frame.Head = &head
	if !known.Reset {
		return []wire.ServerFrame{frame}
	}
	return []wire.ServerFrame{&wire.CursorReset{Room: room, Head: head}, frame}
}

// wholeMillis rounds up, so that a client that waits this long waits long enough.
func wholeMillis(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}

// acknowledge answers a frame that asks for no other answer; a frame without a ref
// gets none.
func acknowledge(frame wire.ClientFrame) []wire.ServerFrame {
	if frame.Reference() == "" {
		return nil
	}
	return []wire.ServerFrame{&wire.Ack{Answer: answering(frame), Room: frame.About()}}
}

// acknowledgeEntry answers a frame that made an entry or found that it exists.
func acknowledgeEntry(frame wire.ClientFrame, written chat.Written) []wire.ServerFrame {
	if frame.Reference() == "" {
		return nil
	}
	ack := &wire.Ack{
		Answer: answering(frame), Room: frame.About(), Seq: written.Seq, Existed: written.Existed,
	}
	if e := written.Entry; e != nil {
		cursor := wire.Cursor(e.Cursor())
		ack.Cursor, ack.At = &cursor, wire.MillisOf(e.At)
	}
	return []wire.ServerFrame{ack}
}

func answering(frame wire.ClientFrame) wire.Answer { return wire.Answer{Ref: frame.Reference()} }
