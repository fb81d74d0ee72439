// Package session is what happens between a message of a maru.v1 socket and
// the service: one message in, calls of chat.Service, frames out. Both homes
// share it. It is neither the socket nor the fan-out of what others do, and it
// holds no rule of its own.
//
// It keeps nothing between messages: whatever lives as long as a connection
// goes through a port of the service. A message may meet a process that has
// seen none of the connection's earlier ones, and does in the serverless home.
package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Peer is who is at the other end of a connection.
type Peer struct {
	Conn chat.ConnID
	User chat.UserID
	// ExpiresAt is when the token runs out that the connection was opened with;
	// zero for never.
	ExpiresAt time.Time
}

// Handler answers messages. It is safe for concurrent use; the frames of one
// message are handled in order, and a transport that has several messages of
// one connection hands them over one after the other.
type Handler struct{ service *chat.Service }

// New returns a Handler of the service.
func New(service *chat.Service) *Handler { return &Handler{service: service} }

// Handle carries out the frames of one message in order and returns what to
// answer: encoded frames of at most wire.MaxAnswer bytes each, without line
// ends. Every frame is answered, what fails by an error frame: a frame that
// fails does not keep the next from being tried. The error is for the log
// alone and joins what was not the client's fault.
func (h *Handler) Handle(ctx context.Context, peer Peer, message []byte) ([][]byte, error) {
	lines, err := wire.Lines(message)
	if err != nil {
		return encodeAll(nil, refusal("", "", err)), nil
	}
	var out [][]byte
	var faults []error
	for _, line := range lines {
		frames, err := h.handleLine(ctx, peer, line)
		out = encodeAll(out, frames)
		if err != nil {
			faults = append(faults, err)
		}
	}
	return out, errors.Join(faults...)
}

func encodeAll(out [][]byte, frames []wire.ServerFrame) [][]byte {
	for _, f := range frames {
		out = append(out, wire.Encode(f))
	}
	return out
}

// handleLine carries out one frame; the error is what the log should know.
func (h *Handler) handleLine(ctx context.Context, peer Peer, line []byte) ([]wire.ServerFrame, error) {
	frame, ref, err := wire.DecodeClient(line)
	if err != nil {
		return refusal(ref, "", err), nil
	}
	answers, err := h.carryOut(ctx, peer, frame)
	if err == nil {
		return answers, nil
	}
	room := frame.About()
	if !room.Valid() {
		room = "" // what is no id is not echoed
	}
	refused := refusal(ref, room, err)
	if !answerOf(err).isFault {
		return refused, nil
	}
	return refused, fmt.Errorf("%s in room %q: %w", frame.Action(), room, err)
}

// carryOut dispatches a frame. A defect in one frame is that frame's failure
// and not the end of every connection that the process holds.
func (h *Handler) carryOut(ctx context.Context, peer Peer, frame wire.ClientFrame) (answers []wire.ServerFrame, err error) {
	defer func() {
		if p := recover(); p != nil {
			answers, err = nil, chat.Panicked(p)
		}
	}()
	if !peer.ExpiresAt.IsZero() && !h.service.Now().Before(peer.ExpiresAt) {
		return nil, chat.Errorf(chat.CodeUnauthenticated, "the token has run out: renew it and connect again")
	}
	return actions[frame.Action()](h, ctx, peer, frame)
}

// action carries out the frames of one action.
type action func(*Handler, context.Context, Peer, wire.ClientFrame) ([]wire.ServerFrame, error)

// on makes an action of a method that takes one type of frame.
func on[F wire.ClientFrame](do func(*Handler, context.Context, Peer, F) ([]wire.ServerFrame, error)) action {
	return func(h *Handler, ctx context.Context, peer Peer, frame wire.ClientFrame) ([]wire.ServerFrame, error) {
		return do(h, ctx, peer, frame.(F))
	}
}

// actions is the one table of what is done for each action; a test holds it
// equal to the frames that wire decodes.
var actions = map[string]action{
	"join":        on((*Handler).join),
	"unsubscribe": on((*Handler).unsubscribe),
	"entries":     on((*Handler).entries),
	"send":        on((*Handler).send),
	"edit":        on((*Handler).edit),
	"delete":      on((*Handler).delete),
	"react":       on((*Handler).react),
	"unreact":     on((*Handler).unreact),
	"pin":         on((*Handler).pin),
	"unpin":       on((*Handler).unpin),
	"topic":       on((*Handler).topic),
	"mark":        on((*Handler).mark),
	"typing":      on((*Handler).typing),
	"presence":    on((*Handler).presence),
	"heartbeat":   on((*Handler).heartbeat),
	"hide":        on((*Handler).hide),
}
