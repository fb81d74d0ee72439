package main

import (
	"bytes"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2/yaml"

	"github.com/maru-chat/maru/internal/wire"
)

// asyncAPI is the part of AsyncAPI 3.0 that one WebSocket needs.
type asyncAPI struct {
	AsyncAPI   string               `json:"asyncapi"`
	Info       asyncInfo            `json:"info"`
	Type       string               `json:"defaultContentType"`
	Channels   map[string]channel   `json:"channels"`
	Operations map[string]operation `json:"operations"`
	Components struct {
		Messages map[string]message `json:"messages"`
	} `json:"components"`
}

type asyncInfo struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description"`
}

type channel struct {
	Address     string               `json:"address"`
	Description string               `json:"description"`
	Messages    map[string]reference `json:"messages"`
}

type operation struct {
	Action   string      `json:"action"`
	Channel  reference   `json:"channel"`
	Summary  string      `json:"summary"`
	Messages []reference `json:"messages"`
}

type message struct {
	Summary string    `json:"summary"`
	Payload reference `json:"payload"`
}

type reference struct {
	Ref string `json:"$ref"`
}

// writeAsyncAPI describes the socket. In AsyncAPI's terms the server is the
// application: it receives what clients send.
func writeAsyncAPI(m *model, files map[string][]byte) error {
	doc := asyncAPI{
		AsyncAPI: "3.0.0",
		Info: asyncInfo{
			Title: "Maru", Version: "1",
			Description: "The frames of a " + wire.Subprotocol + " socket. A message holds one or more frames, one JSON object per line; docs/protocol.md explains the protocol.",
		},
		Type: "application/json",
		Channels: map[string]channel{"socket": {
			Address: "/socket", Messages: map[string]reference{},
			Description: "One WebSocket for all rooms of a user; /config.json gives its address.",
		}},
		Operations: map[string]operation{
			"receive": {Action: "receive", Channel: reference{"#/channels/socket"}, Summary: "What a client sends.", Messages: inChannel(m.client)},
			"send":    {Action: "send", Channel: reference{"#/channels/socket"}, Summary: "What the server sends.", Messages: inChannel(m.server)},
		},
	}
	doc.Components.Messages = map[string]message{}
	for _, o := range append(m.client[:len(m.client):len(m.client)], m.server...) {
		doc.Components.Messages[o.label] = message{Summary: o.doc, Payload: reference{"./schema/" + o.label + ".json"}}
		doc.Channels["socket"].Messages[o.label] = reference{"#/components/messages/" + o.label}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	return putYAML(files, "api/asyncapi.yaml", text)
}

func inChannel(frames []object) []reference {
	out := make([]reference, len(frames))
	for i, o := range frames {
		out[i] = reference{"#/channels/socket/messages/" + o.label}
	}
	return out
}

// putYAML adds JSON as YAML, in the JSON's order.
func putYAML(files map[string][]byte, name string, text []byte) error {
	out := bytes.NewBufferString("# " + notice + "\n")
	if err := yaml.Convert(out, bytes.NewReader(text)); err != nil {
		return err
	}
	files[name] = out.Bytes()
	return nil
}
