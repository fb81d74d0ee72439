package storetest

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/maru-chat/maru/internal/chat"
)

// maxAttempts is how often a client sends one entry before it gives up.
const maxAttempts = 4

// client appends to rooms and reads them, and records what it sees.
type client struct {
	t       testing.TB
	log     chat.Log
	history *history
	index   int
	chance  *rand.Rand
	cursors map[*sharedRoom]chat.Cursor
	acked   []chat.Entry
}

func (c *client) act(rooms []*sharedRoom) {
	room := rooms[c.chance.IntN(len(rooms))]
	if _, isKnown := c.cursors[room]; !isKnown {
		c.cursors[room] = room.first.Cursor()
	}
	if c.chance.IntN(3) == 0 {
		c.read(room)
		return
	}
	c.post(room)
}

// post sends one new entry, and sometimes again after it was acknowledged.
func (c *client) post(room *sharedRoom) {
	d := &chat.Draft{
		Room: room.id, Author: chat.UserID(unique("user")), ID: uniqueEntry(),
		Content: post("짬뽕"), Since: c.cursors[room], Now: startOfTime,
	}
	acked, isAcked := c.send(d)
	if !isAcked {
		return
	}
	c.cursors[room] = acked.Cursor()
	c.acked = append(c.acked, acked)
	if c.chance.IntN(4) == 0 {
		c.send(d)
	}
}

// send sends the entry until it is acknowledged or the client gives up. All
// attempts are one operation: the entry is applied at most once, at some moment
// after the first of them began, and before an acknowledgement.
func (c *client) send(d *chat.Draft) (chat.Entry, bool) {
	input := appendInput{room: d.Room, name: string(d.Author) + "/" + string(d.ID)}
	called := c.history.tick()
	for range maxAttempts {
		appended, err := send(c.t.Context(), c.log, d)
		switch {
		case err == nil:
			c.history.add(c.index, called, c.history.tick(), input, appendOutput{seq: appended.Entry.Seq})
			return appended.Entry, true
		case chat.CodeOf(err) != chat.CodeUnavailable:
			c.t.Errorf("append: %v", err)
			return chat.Entry{}, false
		}
	}
	// It may be applied at any later time, or never.
	c.history.add(c.index, called, math.MaxInt64, input, appendOutput{isUnknown: true})
	return chat.Entry{}, false
}

// read reads what is new, or once more everything that the clients wrote.
func (c *client) read(room *sharedRoom) {
	cursor := c.cursors[room]
	if c.chance.IntN(2) == 0 {
		cursor = room.first.Cursor()
	}
	called := c.history.tick()
	page, err := c.log.Read(c.t.Context(), room.id, cursor, chat.MaxPage)
	returned := c.history.tick()
	switch {
	case err == nil:
		var names []string
		for i := range page.Entries {
			names = append(names, nameOf(&page.Entries[i]))
			c.cursors[room] = page.Entries[i].Cursor()
		}
		c.history.add(c.index, called, returned, readInput{room: room.id, after: cursor.Seq}, readOutput{names: names})
	case chat.CodeOf(err) != chat.CodeUnavailable:
		c.t.Errorf("read: %v", err)
	}
}

// history is what all clients did, in the time of a logical clock.
type history struct {
	mu         sync.Mutex
	now        int64
	operations []porcupine.Operation
}

func (h *history) tick() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now++
	return h.now
}

func (h *history) add(client int, called, returned int64, input, output any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, porcupine.Operation{
		ClientId: client, Input: input, Output: output, Call: called, Return: returned,
	})
}

type (
	appendInput struct {
		room chat.RoomID
		name string
	}
	appendOutput struct {
		seq       chat.Seq
		isUnknown bool
	}
	readInput struct {
		room  chat.RoomID
		after chat.Seq
	}
	readOutput struct{ names []string }
)

// logModel is the sequential specification of a log. The state holds the names of
// the entries after entry 1, which was there before the clients began.
var logModel = porcupine.Model{
	Partition: byRoom,
	Init:      func() any { return []string(nil) },
	Step:      step,
	Equal:     func(a, b any) bool { return slices.Equal(a.([]string), b.([]string)) },
	Hash:      func(state any) uint64 { return uint64(len(state.([]string))) },
}

func step(state, input, output any) (bool, any) {
	log := state.([]string)
	switch in := input.(type) {
	case appendInput:
		out := output.(appendOutput)
		at := slices.Index(log, in.name)
		if at < 0 {
			at, log = len(log), append(slices.Clip(log), in.name)
		}
		return out.isUnknown || out.seq == chat.Seq(at+2), log
	case readInput:
		before := int(in.after) - 1 // of the state's entries
		return before <= len(log) && slices.Equal(log[before:], output.(readOutput).names), log
	default:
		return false, log
	}
}

func byRoom(all []porcupine.Operation) [][]porcupine.Operation {
	rooms := map[chat.RoomID][]porcupine.Operation{}
	for _, op := range all {
		var room chat.RoomID
		switch in := op.Input.(type) {
		case appendInput:
			room = in.room
		case readInput:
			room = in.room
		}
		rooms[room] = append(rooms[room], op)
	}
	var parts [][]porcupine.Operation
	for _, ops := range rooms {
		parts = append(parts, ops)
	}
	return parts
}
