package chattest

import (
	"context"
	"slices"

	"github.com/maru-chat/maru/internal/chat"
)

// maxPageBytes is about how many bytes of text a page of the log may hold.
const maxPageBytes = 1 << 20

// Read implements chat.Log.
func (m *Memory) Read(ctx context.Context, id chat.RoomID, after chat.Cursor, limit int) (chat.LogPage, error) {
	if err := alive(ctx, "read "+string(id)); err != nil {
		return chat.LogPage{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()

	r := m.room(id)
	if len(r.entries) == 0 {
		return chat.LogPage{}, noLog()
	}
	if !r.holds(after) {
		return chat.LogPage{}, chat.Stale(r.fold.Head.Cursor, true)
	}
	var page chat.LogPage
	if after.Seq > 0 {
		from := clone(r.entries[after.Seq-1])
		page.From = &from
	}
	rest := r.entries[after.Seq:]
	n, size := 0, 0
	for n < min(len(rest), limit) && size < maxPageBytes {
		size += len(rest[n].Text)
		n++
	}
	page.Entries, page.More = cloneAll(rest[:n]), n < len(rest)
	return page, nil
}

// History implements chat.Log.
func (m *Memory) History(ctx context.Context, id chat.RoomID, before chat.Seq, limit int) (chat.HistoryPage, error) {
	if err := alive(ctx, "history of "+string(id)); err != nil {
		return chat.HistoryPage{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()

	r := m.room(id)
	if len(r.entries) == 0 {
		return chat.HistoryPage{}, noLog()
	}
	end := chat.Seq(len(r.entries)) + 1
	if before > 0 {
		end = min(before, end)
	}
	lowest := max(1, end-chat.MaxPage)
	page := chat.HistoryPage{Cursor: r.fold.Head.Cursor}
	seq, size := end, 0
	for seq > lowest && len(page.Posts) < limit && size < maxPageBytes {
		seq--
		if post := r.fold.Posts[seq]; post != nil {
			page.Posts = append(page.Posts, clonePost(post))
			size += len(post.Text)
		}
	}
	slices.Reverse(page.Posts)
	if seq > 1 {
		page.Before = seq
	}
	return page, nil
}

// Heads implements chat.Log.
func (m *Memory) Heads(ctx context.Context, rooms []chat.RoomID) ([]chat.Head, error) {
	if err := alive(ctx, "heads"); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()

	heads := make([]chat.Head, len(rooms))
	for i, id := range rooms {
		heads[i] = m.room(id).fold.Head
	}
	return heads, nil
}

func noLog() error { return chat.Errorf(chat.CodeNotFound, "no such room") }
