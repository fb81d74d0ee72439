package httpapi

import (
	"context"
	"net/http"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Config is what a client needs to know before it signs in.
type Config struct {
	API     string `json:"api" doc:"The prefix of all paths of this API; may be empty."`
	Socket  string `json:"socket" doc:"The address of the maru.v1 socket."`
	Classic bool   `json:"classic" doc:"Whether the classic API is on."`
	Version string `json:"version"`
	Limits  Limits `json:"limits"`
}

// Limits are the most important bounds of what a client sends.
type Limits struct {
	Text     int `json:"text" doc:"Unicode scalar values of a message."`
	Topic    int `json:"topic" doc:"Unicode scalar values of a topic."`
	Name     int `json:"name" doc:"Characters of a person's or a room's name."`
	Query    int `json:"query" doc:"Characters of a search."`
	Mentions int `json:"mentions" doc:"Named members in one post."`
	Edits    int `json:"edits" doc:"Edits of one post."`
	Rooms    int `json:"rooms" doc:"Rooms of one user."`
	Message  int `json:"message" doc:"Bytes of a socket message."`
}

// Status is the answer of a probe that passed.
type Status struct {
	Status string `json:"status"`
}

func (h *Handler) addProbes() {
	handle(h, route{method: http.MethodGet, path: "/config.json", summary: "Show what a client needs before it signs in", isOpen: true}, h.config)
	handle(h, route{method: http.MethodGet, path: "/healthz", summary: "Report that the process answers", isOpen: true}, h.healthy)
	handle(h, route{method: http.MethodGet, path: "/readyz", summary: "Report whether the store can be read", isOpen: true}, h.ready)
}

func (h *Handler) config(context.Context, chat.UserID, *struct{}) (Config, error) {
	return Config{
		API: h.API, Socket: h.Socket, Classic: h.Classic, Version: h.Version,
		Limits: Limits{
			Text: chat.MaxText, Topic: chat.MaxTopic, Name: chat.MaxName, Query: chat.MaxQuery,
			Mentions: chat.MaxMentions, Edits: chat.MaxEdits, Rooms: chat.MaxRooms, Message: wire.MaxMessage,
		},
	}, nil
}

func (h *Handler) healthy(context.Context, chat.UserID, *struct{}) (Status, error) {
	return Status{Status: "ok"}, nil
}

func (h *Handler) ready(ctx context.Context, _ chat.UserID, _ *struct{}) (Status, error) {
	if h.Ready != nil {
		if err := h.Ready(ctx); err != nil {
			return Status{}, &chat.Error{Code: chat.CodeUnavailable, Msg: "not ready", Err: err}
		}
	}
	return Status{Status: "ok"}, nil
}
