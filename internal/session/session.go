// Package session carries out the messages of maru.v1 sockets: one message in,
// calls of chat.Service, frames out. Both homes share it. It neither holds the
// socket nor pushes what others do, and it has no rules of its own.
//
// It keeps nothing between messages: state that lives as long as a connection
// goes through a port of the service. In the serverless home a message may reach
// a process that has seen no earlier message of its connection.
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
	// ExpiresAt is when the token of the connection expires; zero for never.
	ExpiresAt time.Time
}

// Handler answers messages. It is safe for concurrent use. It handles the frames
// of one message in order; the messages of one connection are in order only if the
// transport waits for each before the next.
type Handler struct{ service *chat.Service }

// New returns a Handler of the service.
func New(service *chat.Service) *Handler { return &Handler{service: service} }

// Handle carries out the frames of one message in order and returns the answers:
// encoded frames of at most wire.MaxAnswer bytes each, without line ends. A frame
// that fails is answered by an error frame and does not stop those after it. The
// returned error is for the log alone: it joins the failures that the client did
// not cause.
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

// handleLine carries out one frame; the error is for the log.
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
		room = "" // an invalid id is not echoed
	}
	refused := refusal(ref, room, err)
	if !answerOf(err).isFault {
		return refused, nil
	}
	return refused, fmt.Errorf("%s in room %q: %w", frame.Action(), room, err)
}

// carryOut dispatches a frame. A panic fails that frame alone, and does not end
// all connections of the process.
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

// actions is the one table of how each action is carried out.
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
