package chattest

import (
	"context"

	"github.com/maru-chat/maru/internal/chat"
)

// Scan implements chat.Log.
func (m *Memory) Scan(ctx context.Context, d *chat.Draft) (chat.Scanned, error) {
	if err := alive(ctx, "scan "+string(d.Room)); err != nil {
		return chat.Scanned{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()

	r := m.room(d.Room)
	if len(r.entries) == 0 {
		return chat.Scanned{}, nil
	}
	if !r.holds(d.Since) {
		return chat.Scanned{}, chat.Stale(r.fold.Head.Cursor, true)
	}
	behind := r.entries[d.Since.Seq:]
	passed := behind[:min(len(behind), chat.MaxScan)]
	found := copyOf(passed, d.Author, d.ID)
	if found == nil && len(behind) > chat.MaxScan {
		return chat.Scanned{}, chat.Stale(r.fold.Head.Cursor, false)
	}
	scanned := chat.Scanned{Head: r.fold.Head, Passed: cloneAll(passed)}
	if found != nil {
		stored := clone(*found)
		scanned.Found = &stored
	}
	return scanned, nil
}

// Append implements chat.Log.
func (m *Memory) Append(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
	if err := alive(ctx, "append to "+string(d.Room)); err != nil {
		return chat.Appended{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()

	if d.Kind == chat.KindCreated {
		return m.create(d)
	}
	r := m.room(d.Room)
	if len(r.entries) == 0 {
		return chat.Appended{}, chat.Errorf(chat.CodeNotFound, "no such room")
	}
	// Since the scan, these were faster.
	passed := r.entries[scanned.Head.Seq:]
	if found := copyOf(passed, d.Author, d.ID); found != nil {
		return chat.Appended{Entry: clone(*found), Existed: true}, nil
	}
	if d.Basis.BrokenByAny(scanned.Passed) || d.Basis.BrokenByAny(passed) {
		return chat.Appended{}, chat.Errorf(chat.CodeConflict, "something changed meanwhile")
	}
	passed = cloneAll(passed)
	return chat.Appended{Entry: m.write(r, d), Passed: passed}, nil
}

func (m *Memory) create(d *chat.Draft) (chat.Appended, error) {
	r := m.room(d.Room)
	if len(r.entries) == 0 {
		m.rooms[d.Room] = r
		return chat.Appended{Entry: m.write(r, d)}, nil
	}
	first := r.entries[0]
	if d.Room.IsDirect() || first.Author == d.Author && first.ID == d.ID {
		return chat.Appended{Entry: clone(first), Existed: true}, nil
	}
	return chat.Appended{}, chat.Errorf(chat.CodeConflict, "the room exists")
}

// write puts the entry in the next slot, with its effects.
func (m *Memory) write(r *room, d *chat.Draft) chat.Entry {
	e := clone(r.fold.Head.Next(d))
	r.entries = append(r.entries, e)
	r.fold.Apply(&e)
	r.rewrite(&e)
	for _, user := range chat.MarksOf(&e) {
		m.advance(user, e.Room, chat.MarkAt(&e))
	}
	return clone(e)
}

// rewrite replaces or erases the words that e makes obsolete.
func (r *room) rewrite(e *chat.Entry) {
	post := r.fold.Posts[e.Post]
	switch {
	case e.Kind == chat.KindRoomDeleted:
		for i := range r.entries {
			r.entries[i].Text = ""
		}
	case post == nil:
	case e.Kind == chat.KindEdited:
		r.entries[post.Seq-1].Text = post.Text
	case e.Kind == chat.KindDeleted:
		for _, seq := range chat.ErasedBy(post) {
			r.entries[seq-1].Text = ""
		}
	}
}

// holds reports whether the cursor is a place in this log.
func (r *room) holds(c chat.Cursor) bool {
	if c.Seq == 0 {
		return true
	}
	return c.Seq > 0 && int(c.Seq) <= len(r.entries) && r.entries[c.Seq-1].Cursor() == c
}
