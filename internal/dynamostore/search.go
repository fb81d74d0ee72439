package dynamostore

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/words"
)

// There is no index: a search reads logs backwards and looks at every post. What
// one request reads is bounded, and its Next says how far each room was read.
const (
	// searchTime bounds how long a request reads.
	searchTime = 3 * time.Second
	// searchedOn is how many rooms are read further at once.
	searchedOn = 4
)

// reach is how many entries of a room a request reads at most, and how many of
// them first. Each further read doubles what has been read.
type reach struct{ most, first int }

var (
	reachInOne  = reach{most: 5000, first: 100}
	reachInEach = reach{most: 1000, first: 100} // of several rooms
)

// Search is chat.Search's. It may miss what was posted within the last second.
func (s *Store) Search(ctx context.Context, q chat.Query) (chat.Found, error) {
	if len(q.Rooms) == 1 {
		return s.search(ctx, q, reachInOne)
	}
	return s.search(ctx, q, reachInEach)
}

func (s *Store) search(ctx context.Context, q chat.Query, r reach) (chat.Found, error) {
	froms, err := parseFroms(q.Before)
	if err != nil {
		return chat.Found{}, err
	}
	// A word that the query repeats is looked for once.
	wanted := slices.Compact(slices.Sorted(slices.Values(words.Split(q.Text))))
	if len(wanted) == 0 {
		return chat.Found{}, nil
	}
	run := wordSearch{store: s, wanted: wanted, limit: q.Limit, reach: r}
	for _, room := range slices.Compact(slices.Sorted(slices.Values(q.Rooms))) {
		if from := froms.of(room); from > 1 {
			run.streams = append(run.streams, &stream{room: room, from: from, reached: from})
		}
	}
	// If the time ends before every room was read, each request misses other rooms.
	rand.Shuffle(len(run.streams), func(i, j int) { run.streams[i], run.streams[j] = run.streams[j], run.streams[i] })
	if err := run.read(ctx); err != nil {
		return chat.Found{}, chat.Wrap(err, chat.CodeUnavailable, "search")
	}
	return run.found(), nil
}

// wordSearch merges what is found in several rooms, newest first. A post is settled
// once every room has been read back to the post's time. Rooms that could not be
// read at all are left to the next request.
type wordSearch struct {
	store   *Store
	wanted  []string
	limit   int
	reach   reach
	streams []*stream
}

// stream is one room's log, read backwards from the entry before from.
type stream struct {
	room chat.RoomID
	from chat.Seq
	// reached is the oldest entry that was read; 1 at the log's beginning.
	reached chat.Seq
	// read are the places of all entries read, newest first.
	read []place
	// posts match.
	posts []chat.Post
}

// place is where an entry stands in the order of a search.
type place struct {
	at   time.Time
	room chat.RoomID
	seq  chat.Seq
}

func (p place) compare(q place) int {
	return cmp.Or(p.at.Compare(q.at), cmp.Compare(p.room, q.room), cmp.Compare(p.seq, q.seq))
}

func placeOf(p *chat.Post) place { return place{p.At, p.Room, p.Seq} }

func (st *stream) isUnread() bool { return st.reached == st.from }

func (st *stream) isOver() bool { return st.reached <= 1 }

func (st *stream) backTo() time.Time { return st.read[len(st.read)-1].at }

// read reads until the page is full, the beginning of every log is reached, or the
// request has read as much as it may.
func (run *wordSearch) read(ctx context.Context) error {
	began := run.store.now()
	ctx, done := context.WithTimeout(ctx, searchTime)
	defer done()
	next := run.streams // each is read at least once
	for len(next) > 0 {
		err := parallel(len(next), func(i int) error { return run.extend(ctx, next[i]) })
		isAnyRead := slices.ContainsFunc(run.streams, func(st *stream) bool { return !st.isUnread() })
		if err != nil && isAnyRead && chat.CodeOf(err) == chat.CodeUnavailable {
			return nil // what was read makes a page
		}
		if err != nil {
			return err
		}
		if run.store.now().Sub(began) >= searchTime {
			return nil
		}
		next = run.holding()
	}
	return nil
}

// holding lists the streams that keep posts from being settled, the one read back
// least far first, and none of those after a stream that was read as far as a
// request may. It lists none when the page is full.
func (run *wordSearch) holding() []*stream {
	var open []*stream
	for _, st := range run.streams {
		if !st.isOver() {
			open = append(open, st)
		}
	}
	if len(open) == 0 || len(run.settled()) >= run.limit {
		return nil
	}
	slices.SortFunc(open, func(a, b *stream) int { return b.backTo().Compare(a.backTo()) })
	isFull := func(st *stream) bool { return len(st.read) >= run.reach.most }
	if i := slices.IndexFunc(open, isFull); i >= 0 {
		open = open[:i]
	}
	return open[:min(len(open), searchedOn)]
}

// extend reads the next stretch of a stream.
func (run *wordSearch) extend(ctx context.Context, st *stream) error {
	p, err := run.store.table.query(ctx, span{
		pk: roomPartition(st.room), first: entrySort(1), last: entrySort(st.reached - 1),
		isBackward: true, mayLag: true, limit: min(max(run.reach.first, len(st.read)), run.reach.most-len(st.read)),
	})
	if err != nil {
		return chat.Wrap(err, chat.CodeUnavailable, "search "+string(st.room))
	}
	for _, it := range p.items {
		st.read = append(st.read, place{fromMillis(it.number("at")), st.room, chat.Seq(it.number("seq"))})
		if !run.matches(it) {
			continue
		}
		post, err := postOf(it)
		if err != nil {
			return err
		}
		st.posts = append(st.posts, post)
	}
	if st.reached = 1; p.isCut {
		st.reached = st.read[len(st.read)-1].seq
	}
	return nil
}

func (run *wordSearch) matches(it item) bool {
	return chat.Kind(it.text(attrKind)) == chat.KindPosted && it[attrDeleted] == nil &&
		words.Match(words.Split(it.text("text")), run.wanted)
}

// frontier is the place back to which every stream was read, apart from unread
// streams; the zero place when all were read to the beginning of their logs.
func (run *wordSearch) frontier() place {
	var frontier place
	for _, st := range run.streams {
		if !st.isUnread() && !st.isOver() && st.backTo().After(frontier.at) {
			frontier.at = st.backTo()
		}
	}
	return frontier
}

// settled lists the posts at or after the frontier, newest first: nothing that is
// still to be read can come between them.
func (run *wordSearch) settled() []chat.Post {
	var posts []chat.Post
	frontier := run.frontier()
	for _, st := range run.streams {
		for i := range st.posts {
			if placeOf(&st.posts[i]).compare(frontier) >= 0 {
				posts = append(posts, st.posts[i])
			}
		}
	}
	slices.SortFunc(posts, func(a, b chat.Post) int { return placeOf(&b).compare(placeOf(&a)) })
	return posts
}

// found is the page, with what asks for the next one.
func (run *wordSearch) found() chat.Found {
	end, posts := run.frontier(), run.settled()
	if len(posts) > run.limit {
		posts = posts[:run.limit]
		end = placeOf(&posts[run.limit-1])
	}
	found := chat.Found{Posts: posts}
	isWhole := !slices.ContainsFunc(run.streams, (*stream).isUnread)
	if end == (place{}) && isWhole {
		return found
	}
	next := froms{}
	for _, st := range run.streams {
		if from := st.before(end); from > 1 {
			next[roomTag(st.room)] = from
		}
	}
	if found.Next = next.String(); found.Next != "" && isWhole {
		found.Back = end.at
	}
	return found
}

// before is the oldest entry of the stream that does not come before the place.
func (st *stream) before(end place) chat.Seq {
	from := st.from
	for _, read := range st.read {
		if read.compare(end) < 0 {
			break
		}
		from = read.seq
	}
	return from
}
