package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/maru-chat/maru/internal/chat"
)

// The classic API is the contract of the chat that this project began from:
// GET and PUT /chat, also below a stage such as /dev. It has bodies of its own; its
// errors are problems, as in the rest of the API.

// classicConnection is one user who is connected to a room. A user with several
// connections is listed once: old pages count the list to show how many people are
// there.
type classicConnection struct {
	ConnectionID string `json:"connection_id"`
	RoomID       string `json:"room_id"`
	UserID       string `json:"user_id"`
	Timestamp    int64  `json:"timestamp"`
}

// classicPut is the body of PUT /chat.
type classicPut struct {
	RoomID string      `json:"room_id"`
	Text   string      `json:"text"`
	UserID nameOrCount `json:"user_id"`
	Name   string      `json:"name"`
}

// nameOrCount is a string that some old clients send as a number.
type nameOrCount string

// UnmarshalJSON reads a string, or a number as it is written.
func (n *nameOrCount) UnmarshalJSON(raw []byte) error {
	var number json.Number
	if err := json.Unmarshal(raw, &number); err == nil && len(raw) > 0 && raw[0] != '"' {
		*n = nameOrCount(number)
		return nil
	}
	return json.Unmarshal(raw, (*string)(n))
}

// isClassicPath reports whether the path is /chat, or /chat below one stage.
func isClassicPath(path string) bool {
	stage, isChat := strings.CutSuffix(path, "/chat")
	return isChat && (stage == "" || stage[0] == '/' && len(stage) > 1 && !strings.Contains(stage[1:], "/"))
}

var classicMethods = map[string]func(*Handler, http.ResponseWriter, *http.Request) error{
	http.MethodGet:  (*Handler).classicGet,
	http.MethodHead: (*Handler).classicGet,
	http.MethodPut:  (*Handler).classicPut,
}

func (h *Handler) serveClassic(w http.ResponseWriter, r *http.Request) {
	serve, isMethod := classicMethods[r.Method]
	if !isMethod {
		refuseMethod(w, r, strings.Join(slices.Sorted(maps.Keys(classicMethods)), ", "))
		return
	}
	notePattern(r.Context(), r.Method+" /chat")
	protectAPI(w.Header())
	if err := serve(h, w, r); err != nil {
		failed(r.Context(), err).write(w)
	}
}

// classicPut stores a message and answers with the users connected to its room.
func (h *Handler) classicPut(w http.ResponseWriter, r *http.Request) error {
	put, err := readClassicPut(w, r)
	if err != nil {
		return err
	}
	_, present, err := h.Service.ClassicSend(r.Context(), chat.Classic{
		Room: put.RoomID, User: string(put.UserID), Name: put.Name, Address: addressOf(r.Context()),
	}, put.Text)
	if err != nil {
		return err
	}
	connected := make([]classicConnection, 0, len(present))
	for _, p := range present {
		connected = append(connected, classicConnection{
			ConnectionID: string(p.Conn), RoomID: put.RoomID,
			UserID: chat.ClassicName(string(p.User)), Timestamp: p.Since.UnixMilli(),
		})
	}
	return writeJSON(w, connected)
}

func readClassicPut(w http.ResponseWriter, r *http.Request) (classicPut, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return classicPut{}, chat.Errorf(chat.CodeTooLarge, "the body has more than %d bytes", maxBody)
	}
	if err != nil {
		return classicPut{}, &chat.Error{Code: chat.CodeInvalid, Msg: "the body could not be read", Err: err}
	}
	var put classicPut
	if err := unmarshal(body, &put); err != nil {
		return classicPut{}, &chat.Error{
			Code: chat.CodeInvalid, Msg: `the body must be JSON in UTF-8: {"room_id", "text", "user_id", "name"}`, Err: err,
		}
	}
	return put, nil
}

func writeJSON(w http.ResponseWriter, v any) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return chat.Wrap(err, chat.CodeInternal, "encode an answer")
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(bytes.TrimSuffix(body.Bytes(), []byte("\n"))) // a client that is gone needs no answer
	return nil
}
