// Package chattest is the test support of the domain: [Memory], which implements
// every store port in memory; [FaultStore], which makes a store fail on demand;
// and fakes of the other ports, a clock and ids. No program imports it.
//
// Memory is the reference for what the ports mean: one lock, plain slices and
// maps, and chat.Fold for the rest. Where the contract leaves a choice, Memory
// does the least, so that code which passes with it relies on nothing more: for
// example, it finds no copy that stands before a draft's Since.
package chattest

import (
	"context"
	"slices"
	"sync"

	"github.com/maru-chat/maru/internal/chat"
)

// Store is every port that a store satisfies.
type Store interface {
	chat.Log
	chat.Rooms
	chat.Members
	chat.Marks
	chat.Accounts
	chat.Search
}

// Memory keeps everything in memory. It copies what it is given and what it
// returns. It is safe for concurrent use.
type Memory struct {
	mu      sync.RWMutex
	rooms   map[chat.RoomID]*room
	marks   map[chat.UserID]map[chat.RoomID]chat.Mark
	users   map[chat.UserID]chat.User
	tickets map[string]*ticket
}

// room is one log and its fold.
type room struct {
	entries []chat.Entry // entries[i] has seq i+1
	fold    *chat.Fold
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{
		rooms:   map[chat.RoomID]*room{},
		marks:   map[chat.UserID]map[chat.RoomID]chat.Mark{},
		users:   map[chat.UserID]chat.User{},
		tickets: map[string]*ticket{},
	}
}

// Words returns every text that the room still holds, for tests that look for
// words which a deletion should have erased.
func (m *Memory) Words(id chat.RoomID) []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	r := m.room(id)
	var words []string
	for i := range r.entries {
		words = append(words, r.entries[i].Text)
	}
	for _, post := range r.fold.Posts {
		words = append(words, post.Text)
	}
	return append(words, r.fold.Room.Topic)
}

// room returns the room, or a new one that is not kept when there is none.
func (m *Memory) room(id chat.RoomID) *room {
	if r := m.rooms[id]; r != nil {
		return r
	}
	return &room{fold: chat.NewFold()}
}

// copyOf returns the first of the entries that the author named id.
func copyOf(entries []chat.Entry, author chat.UserID, id chat.EntryID) *chat.Entry {
	for i := range entries {
		if entries[i].Author == author && entries[i].ID == id {
			return &entries[i]
		}
	}
	return nil
}

func clone(e chat.Entry) chat.Entry {
	e.Mentions = slices.Clone(e.Mentions)
	e.Founders = slices.Clone(e.Founders)
	return e
}

func cloneAll(entries []chat.Entry) []chat.Entry {
	out := make([]chat.Entry, len(entries))
	for i := range entries {
		out[i] = clone(entries[i])
	}
	return out
}

func clonePost(p *chat.Post) chat.Post {
	out := *p
	out.Entry = clone(p.Entry)
	out.Edits = slices.Clone(p.Edits)
	out.Reactions = slices.Clone(p.Reactions)
	return out
}

// alive returns an error when ctx is done.
func alive(ctx context.Context, what string) error {
	return chat.Wrap(ctx.Err(), chat.CodeUnavailable, what)
}
