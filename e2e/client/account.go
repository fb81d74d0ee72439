package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/maru-chat/maru/e2e/socket"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/httpapi"
	"github.com/maru-chat/maru/internal/wire"
)

// Account is a signed-in guest. It is safe for concurrent use.
type Account struct {
	// Home is the prefix of all HTTP paths.
	Home string
	// Socket is the address of the maru.v1 socket.
	Socket string
	// Token is the guest's token; User and Name are the guest's id and name.
	Token string
	User  chat.UserID
	Name  string
}

// browser is the one HTTP client of all accounts, so that they share connections.
var browser = &http.Client{
	Timeout:   30 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 64},
}

// SignIn makes a new guest at the home.
func SignIn(ctx context.Context, home, name string) (*Account, error) {
	a := &Account{Home: home, Name: name}
	var config httpapi.Config
	if err := a.Do(ctx, http.MethodGet, "/config.json", nil, &config); err != nil {
		return nil, err
	}
	var session httpapi.Session
	if err := a.Do(ctx, http.MethodPost, "/session", map[string]string{"name": name}, &session); err != nil {
		return nil, err
	}
	a.Socket, a.Token, a.User = config.Socket, session.Token, session.User.ID
	return a, nil
}

// Do sends a request with body as JSON (nil for none) and decodes the answer into
// into (nil to drop it). A refusal is a [*chat.Error] with the code of the home's
// problem; after any other error it is not known whether the request was carried
// out.
func (a *Account) Do(ctx context.Context, method, path string, body, into any) error {
	status, answer, err := a.Exchange(ctx, method, path, body)
	if err != nil {
		return err
	}
	if status >= http.StatusBadRequest {
		return refusal(method+" "+path, status, answer)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s %s answered %q: %w", method, path, answer, err)
	}
	return nil
}

// Exchange sends a request and returns the answer, refused or not.
func (a *Account) Exchange(ctx context.Context, method, path string, body any) (status int, answer []byte, err error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return 0, nil, fmt.Errorf("encode the body of %s: %w", path, err)
		}
		content = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.Home+path, content)
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if a.Token != "" {
		req.Header.Set("Authorization", "Bearer "+a.Token)
	}
	res, err := browser.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

// refusal returns the [*chat.Error] of a problem. An answer that is not one of
// Maru's problems, such as a proxy's page, becomes an error of another type.
func refusal(what string, status int, answer []byte) error {
	var p httpapi.Problem
	if json.Unmarshal(answer, &p) != nil || p.Code == "" {
		return fmt.Errorf("%s answered %d: %.200s", what, status, answer)
	}
	refused := &chat.Error{
		Code: p.Code, Msg: p.Detail, Err: fmt.Errorf("%s answered %d", what, status), Reset: p.Reset,
		RetryAfter: time.Duration(p.RetryAfterMS) * time.Millisecond,
	}
	if p.Head != nil {
		refused.Head = chat.Cursor(*p.Head)
	}
	return refused
}

// Dial opens a maru.v1 socket.
func (a *Account) Dial(ctx context.Context) (*socket.Conn, error) {
	header := http.Header{"Origin": {a.Home}}
	return socket.Dial(ctx, a.Socket, header, wire.Subprotocol, "bearer."+a.Token)
}

// CreateRoom creates a room that the guest owns, and returns its first cursor.
func (a *Account) CreateRoom(ctx context.Context, room chat.RoomID, title string, visibility chat.Visibility) (chat.Cursor, error) {
	body := map[string]any{"room": room, "id": "create", "title": title, "visibility": visibility}
	return a.write(ctx, http.MethodPost, "/rooms", body)
}

// JoinRoom makes the guest a member of a public room.
func (a *Account) JoinRoom(ctx context.Context, room chat.RoomID) (chat.Cursor, error) {
	return a.write(ctx, http.MethodPost, "/rooms/"+string(room)+"/join", nil)
}

func (a *Account) write(ctx context.Context, method, path string, body any) (chat.Cursor, error) {
	var ack wire.Ack
	if err := a.Do(ctx, method, path, body, &ack); err != nil {
		return chat.Cursor{}, err
	}
	if ack.Cursor == nil {
		return chat.Cursor{Seq: ack.Seq}, nil
	}
	return chat.Cursor(*ack.Cursor), nil
}

// Entries reads the log of a room after the cursor to its end.
func (a *Account) Entries(ctx context.Context, room chat.RoomID, after chat.Cursor) ([]chat.Entry, error) {
	var entries []chat.Entry
	for {
		var page wire.EntriesListed
		path := "/rooms/" + string(room) + "/entries?limit=1000&after=" + url.QueryEscape(after.String())
		if err := a.Do(ctx, http.MethodGet, path, nil, &page); err != nil {
			return nil, err
		}
		for i := range page.Entries {
			entries = append(entries, entryOf(room, &page.Entries[i]))
		}
		if after = chat.Cursor(page.Cursor); !page.More {
			return entries, nil
		}
	}
}

// Posts reads every post of a room, oldest first, with the state that the home
// keeps of it.
func (a *Account) Posts(ctx context.Context, room chat.RoomID) ([]wire.Post, error) {
	var posts []wire.Post
	for before := chat.Seq(0); ; {
		var page httpapi.HistoryPage
		path := fmt.Sprintf("/rooms/%s/posts?limit=%d", room, chat.MaxHistory)
		if before > 0 {
			path += fmt.Sprintf("&before=%d", before)
		}
		if err := a.Do(ctx, http.MethodGet, path, nil, &page); err != nil {
			return nil, err
		}
		posts = append(page.Posts, posts...)
		if before = page.Before; before == 0 {
			return posts, nil
		}
	}
}
