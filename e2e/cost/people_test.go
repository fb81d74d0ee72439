package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/dynamostore"
)

// person is a user with a token and a connection.
type person struct {
	id    chat.UserID
	token string
	conn  chat.ConnID
	// identity is the authorizer's context of the connection.
	identity map[string]any
	since    time.Time
}

// person creates a user whom no function has seen, so that all rate limits are
// unused.
func (h *home) person(t *testing.T) *person {
	t.Helper()
	user, err := h.service.SignIn(t.Context(), "192.0.2.1", "Mina Kim")
	must(t, err)
	token, expiresAt, err := h.tokens.Issue(user.ID)
	must(t, err)
	p := &person{id: user.ID, token: token, conn: newConn(), since: time.Now()}
	p.identity = map[string]any{
		"principalId": string(p.id), "integrationLatency": 12,
		"kind": "v1", "user": string(p.id), "expires": strconv.FormatInt(expiresAt.Unix(), 10),
	}
	return p
}

// newConn returns a connection id such as API Gateway's.
func newConn() chat.ConnID {
	raw := make([]byte, 11)
	_, _ = rand.Read(raw) // crypto/rand.Read never fails
	return chat.ConnID(base64.StdEncoding.EncodeToString(raw))
}

// room creates a room with so many members, all connected and listening. The
// first is its owner.
func (h *home) room(t *testing.T, members int) (chat.RoomID, []*person) {
	t.Helper()
	people := make([]*person, members)
	for i := range people {
		people[i] = h.person(t)
	}
	return h.roomOf(t, people), people
}

func (h *home) roomOf(t *testing.T, people []*person) chat.RoomID {
	t.Helper()
	id := chat.RoomID(uuid.NewString())
	_, err := h.service.Create(t.Context(), people[0].id, chat.Create{
		Write: chat.Write{Room: id, ID: newEntryID()}, Title: "Lunch", Visibility: chat.Public,
	})
	must(t, err)
	for _, p := range people[1:] {
		_, err := h.service.Join(t.Context(), p.id, chat.Write{Room: id, ID: newEntryID(), Since: h.head(t, id)})
		must(t, err)
	}
	for _, p := range people {
		h.listen(t, id, p)
	}
	return id
}

// settle creates the ten rooms of ten.
func (h *home) settle(t *testing.T) {
	t.Helper()
	for range 10 {
		h.neighbours = append(h.neighbours, h.person(t))
	}
	for range 10 {
		h.rooms = append(h.rooms, h.roomOf(t, h.neighbours))
	}
	for _, p := range h.neighbours {
		h.say(t, h.rooms[0], p, 100)
	}
}

// neighbour returns the ten in turn, so that their rate limits have recovered when
// they are used again.
func (h *home) neighbour() *person {
	p := h.neighbours[0]
	h.neighbours = append(h.neighbours[1:], p)
	return p
}

// hall is a room in which BurstMessages people write and many connections listen.
type hall struct {
	room      chat.RoomID
	people    []*person
	listeners int
}

// fill adds connections to the hall until so many listen, and returns it.
func (h *home) fill(t *testing.T, connections int) *hall {
	t.Helper()
	if h.hall == nil {
		room, people := h.room(t, BurstMessages)
		h.hall = &hall{room, people, BurstMessages}
	}
	if h.hall.listeners > connections {
		t.Fatalf("%d listen already, not %d", h.hall.listeners, connections)
	}
	h.crowd(t, h.hall.room, connections-h.hall.listeners)
	h.hall.listeners = connections
	return h.hall
}

// listen opens the person's connection in the room, as $connect and join do.
func (h *home) listen(t *testing.T, room chat.RoomID, p *person) {
	t.Helper()
	row := dynamostore.Row{
		User: p.id, Conn: p.conn, Kind: "v1", ConnectedAt: p.since, ExpiresAt: p.since.Add(2*time.Hour + 5*time.Minute),
	}
	err := h.store.SaveConnection(t.Context(), row)
	row.Room = room
	if err = errors.Join(err, h.store.SaveListener(t.Context(), row)); err != nil {
		t.Error(err) // not Fatal: crowd calls this in other goroutines
	}
	h.gateway.Open(p.conn)
}

// crowd adds so many connections that listen to the room, of people who are not
// members.
func (h *home) crowd(t *testing.T, room chat.RoomID, connections int) {
	t.Helper()
	var opening sync.WaitGroup
	free := make(chan struct{}, 8)
	for range connections {
		free <- struct{}{}
		opening.Go(func() {
			h.listen(t, room, &person{id: chat.UserID(rand.Text()), conn: newConn(), since: time.Now()})
			<-free
		})
	}
	opening.Wait()
}

func newEntryID() chat.EntryID { return chat.EntryID(uuid.NewString()) }

func (h *home) head(t *testing.T, room chat.RoomID) chat.Cursor {
	t.Helper()
	heads, err := h.store.Heads(t.Context(), []chat.RoomID{room})
	must(t, err)
	return heads[0].Cursor
}

// say posts so many messages by the person, directly to the store.
func (h *home) say(t *testing.T, room chat.RoomID, p *person, messages int) {
	t.Helper()
	heads, err := h.store.Heads(t.Context(), []chat.RoomID{room})
	must(t, err)
	scanned := chat.Scanned{Head: heads[0]}
	for range messages {
		appended, err := h.store.Append(t.Context(), &chat.Draft{
			Room: room, Author: p.id, ID: newEntryID(), Now: time.Now(),
			Content: chat.Content{Kind: chat.KindPosted, Text: words},
		}, &scanned)
		must(t, err)
		scanned.Head = appended.Entry.Head()
	}
	must(t, h.store.Flush(t.Context()))
}

// words are a message of 300 bytes.
var words = strings.Repeat("so it goes on and ", 16) + "that is all."
