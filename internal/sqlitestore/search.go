package sqlitestore

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sort"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/words"
)

// maxProposed bounds how many of the posts that the index proposes one search
// looks at; a page that ends there has fewer posts than asked for, and a Next.
const maxProposed = 2000

// Search implements chat.Search.
func (s *Store) Search(ctx context.Context, q chat.Query) (found chat.Found, err error) {
	before, err := parsePlace(q.Before)
	if err != nil {
		return chat.Found{}, err
	}
	// A word that the query repeats a hundred times is looked for once.
	wanted := slices.Compact(slices.Sorted(slices.Values(words.Split(q.Text))))
	if len(wanted) == 0 {
		return chat.Found{}, nil
	}
	err = s.reads.snapshot(ctx, func(conn *sqlite.Conn) error {
		run := search{ctx: ctx, conn: conn, wanted: wanted, chunk: chunkFor(&q)}
		if err := run.open(q.Rooms, before); err != nil {
			return err
		}
		if err := run.readUnindexed(); err != nil {
			return err
		}
		found, err = run.page(q.Limit)
		return err
	})
	if err != nil {
		return chat.Found{}, failed(err, "search %d rooms", len(q.Rooms))
	}
	return found, nil
}

// chunkFor returns how many posts of a room are read at a time: all that the
// page may need where there is one room, few where there are many.
func chunkFor(q *chat.Query) int {
	return max(4, (q.Limit+1)/max(1, len(q.Rooms))+1)
}

// search merges the rooms' streams of matching posts, newest first.
type search struct {
	ctx      context.Context
	conn     *sqlite.Conn
	wanted   []string
	chunk    int
	streams  []*stream
	proposed int
	// indexed is the pos of the last post that the index knows.
	indexed int64
}

// stream reads, in chunks, the posts of one room that the index proposes, or all
// its posts where every word is too short for the index.
type stream struct {
	key   int64
	room  chat.RoomID
	match string
	// pos and seq are above those of all posts that are still to be read.
	pos   int64
	seq   chat.Seq
	posts []chat.Post
	done  bool
}

// place is where a page of a search ends.
type place struct {
	at   int64 // Unix milliseconds
	room chat.RoomID
	seq  chat.Seq
}

func placeOf(p *chat.Post) place { return place{p.At.UnixMilli(), p.Room, p.Seq} }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.at, q.at), cmp.Compare(p.room, q.room), cmp.Compare(p.seq, q.seq))
}

// String and parsePlace rely on ids holding no blank.
func (p place) String() string { return fmt.Sprintf("%d %s %d", p.at, p.room, p.seq) }

// newestEnd sorts after every post.
var newestEnd = place{at: math.MaxInt64}

func parsePlace(s string) (place, error) {
	if s == "" {
		return newestEnd, nil
	}
	var p place
	var rest string
	n, _ := fmt.Sscanf(s, "%d %s %d%s", &p.at, &p.room, &p.seq, &rest)
	if n != 3 {
		return place{}, chat.Errorf(chat.CodeInvalid, "not a place in a search")
	}
	return p, nil
}

func (run *search) open(rooms []chat.RoomID, before place) error {
	for _, room := range slices.Compact(slices.Sorted(slices.Values(rooms))) {
		key, err := roomKey(run.conn, room)
		if err != nil {
			return err
		}
		if key == 0 {
			continue
		}
		st := &stream{key: key, room: room, match: matchExpression(key, run.wanted), pos: math.MaxInt64, seq: math.MaxInt64}
		if before != newestEnd {
			if err := st.skip(run.conn, before); err != nil {
				return err
			}
		}
		run.streams = append(run.streams, st)
	}
	return nil
}

// skip moves the stream to the posts before the place. At rises with seq, so a
// binary search finds them.
func (st *stream) skip(conn *sqlite.Conn, before place) error {
	head, err := readHead(conn, st.key)
	if err != nil {
		return err
	}
	first := 1 + sort.Search(int(head.Seq), func(i int) bool {
		at, readErr := readInt(conn, "SELECT at FROM entries WHERE room = ? AND seq = ?", st.key, i+1)
		err = cmp.Or(err, readErr)
		return place{at, st.room, chat.Seq(i + 1)}.compare(before) >= 0
	})
	if err != nil || first > int(head.Seq) {
		return err
	}
	st.seq = chat.Seq(first)
	st.pos, err = readInt(conn, "SELECT pos FROM entries WHERE room = ? AND seq = ?", st.key, first)
	return err
}

func (run *search) page(limit int) (chat.Found, error) {
	var found chat.Found
	for {
		next, err := run.newest()
		switch {
		case err != nil:
			return found, err
		case run.ctx.Err() != nil:
			return found, chat.Wrap(run.ctx.Err(), chat.CodeUnavailable, "search")
		case next == nil:
			return found, run.addStates(found.Posts)
		case len(found.Posts) == limit:
			found.Next = placeOf(&found.Posts[limit-1]).String()
			return found, run.addStates(found.Posts)
		}
		post := next.posts[0]
		next.posts = next.posts[1:]
		if words.Match(words.Split(post.Text), run.wanted) {
			found.Posts = append(found.Posts, post)
		}
		run.proposed++
		if run.proposed == maxProposed {
			found.Next = placeOf(&post).String()
			return found, run.addStates(found.Posts)
		}
	}
}

// newest returns the stream whose next post is the newest, nil at the end.
func (run *search) newest() (*stream, error) {
	var best *stream
	for _, st := range run.streams {
		if err := run.fill(st); err != nil {
			return nil, err
		}
		if len(st.posts) == 0 {
			continue
		}
		if best == nil || placeOf(&st.posts[0]).compare(placeOf(&best.posts[0])) > 0 {
			best = st
		}
	}
	return best, nil
}

// readUnindexed gives each stream the matching posts that are not indexed yet.
// They are newer than all indexed posts of their room.
func (run *search) readUnindexed() (err error) {
	if run.indexed, err = readIndexed(run.conn); err != nil {
		return err
	}
	byKey := make(map[int64]*stream, len(run.streams))
	for _, st := range run.streams {
		byKey[st.key] = st
	}
	return query(run.conn, "SELECT "+entryColumns+`, e.pos, e.room FROM entries e
		WHERE e.pos > ? AND e.kind = 'posted' AND e.deleted IS NULL ORDER BY e.pos DESC`,
		func(row *sqlite.Stmt) (bool, error) {
			st := byKey[row.ColumnInt64(colExtra+1)]
			if st == nil || row.ColumnInt64(colExtra) >= st.pos {
				return true, nil
			}
			post, err := readPost(row, st.room)
			if err == nil && words.Match(words.Split(post.Text), run.wanted) {
				st.posts = append(st.posts, post)
			}
			return true, err
		}, run.indexed)
}

func (run *search) fill(st *stream) error {
	if len(st.posts) > 0 || st.done {
		return nil
	}
	if err := run.ctx.Err(); err != nil {
		return chat.Wrap(err, chat.CodeUnavailable, "search")
	}
	read := 0
	add := func(row *sqlite.Stmt) (bool, error) {
		post, err := readPost(row, st.room)
		st.posts = append(st.posts, post)
		st.pos, st.seq = row.ColumnInt64(colExtra), post.Seq
		read++
		return true, err
	}
	var err error
	if st.match == "" {
		err = query(run.conn, "SELECT "+entryColumns+`, e.pos FROM entries e
			WHERE e.room = ? AND e.seq < ? AND e.kind = 'posted' AND e.deleted IS NULL AND e.pos <= ?
			ORDER BY e.seq DESC LIMIT ?`, add, st.key, int64(st.seq), run.indexed, maxProposed/10)
	} else {
		err = query(run.conn, "SELECT "+entryColumns+`, e.pos FROM words CROSS JOIN entries e ON e.pos = words.rowid
			WHERE words MATCH ? AND words.rowid < ? ORDER BY words.rowid DESC LIMIT ?`, add, st.match, st.pos, run.chunk)
	}
	st.done = read == 0
	return err
}

// addStates adds edits and reactions to the posts, room by room.
func (run *search) addStates(posts []chat.Post) error {
	for _, st := range run.streams {
		for i := range posts {
			if posts[i].Room != st.room {
				continue
			}
			if err := readStates(run.conn, st.key, posts[i:i+1]); err != nil {
				return err
			}
		}
	}
	return nil
}
