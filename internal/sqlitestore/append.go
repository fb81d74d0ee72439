package sqlitestore

import (
	"context"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// Append implements chat.Log. The checks run on the writer's goroutine, in the
// order of the queue, against the heads that it remembers.
func (s *Store) Append(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
	if scanned == nil {
		scanned = &chat.Scanned{}
	}
	j := &appendJob{draft: d, scanned: scanned}
	if err := s.writer.submit(ctx, j); err != nil {
		return chat.Appended{}, failed(err, "append to room %s", d.Room)
	}
	if j.refusal != nil {
		return chat.Appended{}, j.refusal
	}
	return j.appended, nil
}

type appendJob struct {
	draft    *chat.Draft
	scanned  *chat.Scanned
	appended chat.Appended
	refusal  *chat.Error
}

// roomState is what the writer remembers of a room.
type roomState struct {
	key  int64
	head chat.Head
	// touching are the entries after floor that touch something.
	floor    chat.Seq
	touching []chat.Entry
}

const (
	// maxTouching bounds what is remembered of one room.
	maxTouching = 64
	// maxRooms bounds how many rooms are remembered.
	maxRooms = 20_000
)

func (j *appendJob) do(tx *tx) error {
	j.appended, j.refusal = chat.Appended{}, nil
	state, err := tx.room(j.draft.Room)
	switch {
	case err != nil:
		return err
	case j.draft.Kind == chat.KindCreated:
		return j.create(tx, state)
	case state == nil:
		j.refusal = chat.Errorf(chat.CodeNotFound, "no such room")
		return nil
	}
	passed, err := tx.passed(state, j.draft.Room, j.scanned.Head.Seq)
	if err != nil {
		return err
	}
	if j.draft.Basis.BrokenByAny(j.scanned.Passed) || j.draft.Basis.BrokenByAny(passed) {
		return j.refuse(tx, state)
	}
	if int64(state.head.Seq-j.draft.Since.Seq) > chat.MaxScan {
		if j.refusal, err = tx.staleUnlessCopied(state, j.draft); err != nil || j.refusal != nil {
			return err
		}
	}
	return j.write(tx, state, passed)
}

// create tries slot 1 and no other.
func (j *appendJob) create(tx *tx, state *roomState) error {
	if state == nil {
		state, err := tx.newRoom(j.draft)
		if err != nil {
			return err
		}
		return j.write(tx, state, nil)
	}
	first, err := entryAt(tx.conn, state.key, j.draft.Room, 1)
	if err != nil {
		return err
	}
	if j.draft.Room.IsDirect() || first.Author == j.draft.Author && first.ID == j.draft.ID {
		j.appended = chat.Appended{Entry: first, Existed: true}
		return nil
	}
	j.refusal = chat.Errorf(chat.CodeConflict, "the room exists")
	return nil
}

// refuse answers a draft whose basis is broken. An entry that was written before
// is returned, because it was allowed then.
func (j *appendJob) refuse(tx *tx, state *roomState) error {
	found, err := findCopy(tx.conn, state.key, j.draft)
	switch {
	case err != nil:
		return err
	case found != nil:
		j.appended = chat.Appended{Entry: *found, Existed: true}
	default:
		j.refusal = chat.Errorf(chat.CodeConflict, "what the decision relied on has changed")
	}
	return nil
}

// write puts the entry in the next slot with its effects, or finds its copy.
func (j *appendJob) write(tx *tx, state *roomState, passed []chat.Entry) error {
	pos, err := tx.position()
	if err != nil {
		return err
	}
	e := state.head.Next(j.draft)
	err = insertEntry(tx.conn, pos, state.key, &e)
	if sqlite.ErrCode(err) == sqlite.ResultConstraintUnique {
		return j.existed(tx, state, err)
	}
	if err == nil {
		err = tx.effects(state.key, &e)
	}
	if err != nil {
		return err
	}
	tx.nextPos++
	tx.remember(state, &e)
	j.appended = chat.Appended{Entry: e, Passed: passed}
	return nil
}

func (j *appendJob) existed(tx *tx, state *roomState, cause error) error {
	found, err := findCopy(tx.conn, state.key, j.draft)
	switch {
	case err != nil:
		return err
	case found == nil: // the slot is taken: the writer's memory is wrong
		return cause
	}
	j.appended = chat.Appended{Entry: *found, Existed: true}
	return nil
}

// remember brings the writer's state of the room up to e and notes what readers
// see of e after the commit.
func (tx *tx) remember(state *roomState, e *chat.Entry) {
	state.head = e.Head()
	tx.heads = append(tx.heads, roomHead{room: e.Room, head: state.head})
	for _, user := range chat.MarksOf(e) {
		tx.marks = append(tx.marks, userMark{markKey{user, e.Room}, chat.MarkAt(e)})
	}
	if len(chat.Touches(e)) == 0 {
		return
	}
	kept := *e
	kept.Text = "" // no basis depends on words, and deleted ones must not stay
	state.touching = append(state.touching, kept)
	if len(state.touching) > maxTouching {
		drop := len(state.touching) / 2
		state.floor = state.touching[drop-1].Seq
		state.touching = slices.Clone(state.touching[drop:])
	}
}

// room returns what the writer knows of the room, nil when it has no log.
func (tx *tx) room(id chat.RoomID) (*roomState, error) {
	if state := tx.rooms[id]; state != nil {
		return state, nil
	}
	key, err := roomKey(tx.conn, id)
	if err != nil || key == 0 {
		return nil, err
	}
	head, err := readHead(tx.conn, key)
	if err != nil {
		return nil, err
	}
	return tx.keep(id, &roomState{key: key, head: head, floor: head.Seq}), nil
}

func (tx *tx) keep(id chat.RoomID, state *roomState) *roomState {
	if len(tx.rooms) >= maxRooms {
		clear(tx.rooms)
	}
	tx.rooms[id] = state
	return state
}

// newRoom inserts an empty row, which gives the room its key; the effects of
// entry 1 fill the row.
func (tx *tx) newRoom(d *chat.Draft) (*roomState, error) {
	err := exec(tx.conn, `INSERT INTO rooms
		(id, title, visibility, topic, created_at, pins, members, owners, is_deleted, touched)
		VALUES (?, '', '', '', 0, '', 0, 0, 0, 0)`, string(d.Room))
	if err != nil {
		return nil, err
	}
	return tx.keep(d.Room, &roomState{key: tx.conn.LastInsertRowID()}), nil
}

// passed returns the entries after seq that touch something.
func (tx *tx) passed(state *roomState, id chat.RoomID, seq chat.Seq) ([]chat.Entry, error) {
	if seq >= state.head.Seq {
		return nil, nil
	}
	if seq < state.floor {
		return readTouching(tx.conn, state.key, id, seq, state.head.Seq)
	}
	var passed []chat.Entry
	for i := range state.touching {
		if state.touching[i].Seq > seq {
			passed = append(passed, state.touching[i])
		}
	}
	return passed, nil
}

func (tx *tx) staleUnlessCopied(state *roomState, d *chat.Draft) (*chat.Error, error) {
	found, err := findCopy(tx.conn, state.key, d)
	if err != nil || found != nil {
		return nil, err
	}
	return chat.Stale(state.head.Cursor, false), nil
}
