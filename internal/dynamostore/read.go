package dynamostore

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/maru-chat/maru/internal/chat"
)

// Read is chat.Log's.
func (s *Store) Read(ctx context.Context, room chat.RoomID, after chat.Cursor, limit int) (chat.LogPage, error) {
	run, err := s.from(ctx, room, after, limit, onePage)
	switch {
	case err != nil:
		return chat.LogPage{}, err
	case run.isForeign:
		return chat.LogPage{}, s.stale(ctx, room, true)
	case run.isEmpty():
		return chat.LogPage{}, chat.Errorf(chat.CodeNotFound, "no such room")
	}
	return chat.LogPage{From: run.at, Entries: run.after, More: run.isCut}, nil
}

// postsPerOther is how many posts a page of history expects for each entry of
// another kind, before it asks again: most entries of most rooms are posts, and
// what is read beyond the page is paid for.
const postsPerOther = 5

// History is chat.Log's. The head is read first and on its own, so that the page
// shows every entry up to it.
func (s *Store) History(ctx context.Context, room chat.RoomID, before chat.Seq, limit int) (chat.HistoryPage, error) {
	head, err := s.head(ctx, room)
	if err != nil {
		return chat.HistoryPage{}, err
	}
	if head.Seq == 0 {
		return chat.HistoryPage{}, chat.Errorf(chat.CodeNotFound, "no such room")
	}
	if before == 0 || before > head.Seq {
		before = head.Seq + 1
	}
	h := history{store: s, room: room, limit: limit, before: before}
	for isDone := before == 1; !isDone; {
		if isDone, err = h.more(ctx); err != nil {
			return chat.HistoryPage{}, err
		}
	}
	page := chat.HistoryPage{Posts: h.state(), Cursor: head.Cursor}
	if h.before > 1 {
		page.Before = h.before
	}
	return page, nil
}

// history collects posts from the newest backwards.
type history struct {
	store *Store
	room  chat.RoomID
	limit int

	posts  []chat.Post  // newest first
	others []chat.Entry // the entries of other kinds among them, newest first
	before chat.Seq     // every entry from this one on was looked at
	looked int
}

// state returns the posts, oldest first, with what the entries read beside them
// made of them. While a transaction is under way, a query may return its slot
// and still the post as it was: without this, a page that lacks an edit would
// carry a cursor behind that edit, and the client would never ask for it.
func (h *history) state() []chat.Post {
	slices.Reverse(h.posts)
	for _, e := range slices.Backward(h.others) {
		i, isThere := slices.BinarySearchFunc(h.posts, e.Post, func(p chat.Post, seq chat.Seq) int {
			return cmp.Compare(p.Seq, seq)
		})
		if isThere {
			h.posts[i].Apply(&e)
		}
	}
	return h.posts
}

// more reads one stretch, and reports whether the page is full or the beginning of
// the log was reached. A stretch that DynamoDB cut at 1 MB is the last.
func (h *history) more(ctx context.Context) (isDone bool, err error) {
	missing := h.limit - len(h.posts)
	// At least as many again as were looked at, or a long run of entries of other
	// kinds would take a request for every few of them.
	want := min(max(missing+missing/postsPerOther+1, h.looked), chat.MaxPage-h.looked)
	p, err := h.store.table.query(ctx, span{
		pk: roomPartition(h.room), first: entrySort(1), last: entrySort(h.before - 1), isBackward: true, limit: want,
	})
	if err != nil {
		return false, chat.Wrap(err, chat.CodeUnavailable, fmt.Sprintf("history of %s before %d", h.room, h.before))
	}
	for _, it := range p.items {
		if err := h.take(it); err != nil {
			return false, err
		}
		if len(h.posts) == h.limit {
			return true, nil
		}
	}
	return h.before <= 1 || len(p.items) < want || h.looked >= chat.MaxPage, nil
}

func (h *history) take(it item) error {
	h.before = chat.Seq(it.number("seq"))
	h.looked++
	if chat.Kind(it.text(attrKind)) == chat.KindPosted {
		post, err := postOf(it)
		h.posts = append(h.posts, post)
		return err
	}
	e, err := entryOf(it)
	h.others = append(h.others, e)
	return err
}

// Heads is chat.Log's.
func (s *Store) Heads(ctx context.Context, rooms []chat.RoomID) ([]chat.Head, error) {
	heads := make([]chat.Head, len(rooms))
	err := parallel(len(rooms), func(i int) (err error) {
		heads[i], err = s.head(ctx, rooms[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	return heads, nil
}
