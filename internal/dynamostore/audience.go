package dynamostore

import (
	"context"
	"strings"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// Row is one connection: as such, or as a listener of a room.
type Row struct {
	// Room is where the connection listens; empty for the connection as such.
	Room chat.RoomID
	User chat.UserID
	Conn chat.ConnID
	// Kind is the caller's word for what the connection speaks.
	Kind string
	// IsHidden says that nobody looks at the page; only a listener has it.
	IsHidden bool
	// ConnectedAt is kept in whole milliseconds, ExpiresAt in whole seconds. From
	// ExpiresAt on the row is void; DynamoDB removes it some time later.
	ConnectedAt, ExpiresAt time.Time
}

// ListenerPage is a run of a room's listeners.
type ListenerPage struct {
	Listeners []Row
	// Evicted are all users who were removed lately and have not joined again, each
	// with the entry that removed them. Only a first page has them.
	Evicted map[chat.UserID]chat.Seq
	// Next is the connection after which the next page begins; empty on the last.
	Next chat.ConnID
}

// evictionLife is how long an eviction is kept: longer than any row that was written
// before it, which is valid for 2 h 5 min at most.
const evictionLife = 2*time.Hour + 10*time.Minute

const (
	listenerPrefix = "C#"
	evictedPrefix  = "V#"
)

const (
	attrSince  = "since"  // on a connection: the milliseconds of its connect
	attrHidden = "hidden" // on a listener
)

func audiencePartition(room chat.RoomID) string { return "A#" + string(room) }

func listenerKey(room chat.RoomID, conn chat.ConnID) key {
	return key{audiencePartition(room), listenerPrefix + string(conn)}
}

func evictedKey(room chat.RoomID, user chat.UserID) key {
	return key{audiencePartition(room), evictedPrefix + string(user)}
}

// rowItem repeats nothing that the key holds: 31 such items fit into one read unit.
func rowItem(k key, r *Row) item {
	it := newItem(k)
	it.setText("kind", r.Kind)
	it[attrSince], it[attrExpires] = number(r.ConnectedAt.UnixMilli()), number(r.ExpiresAt.Unix())
	return it
}

func rowOf(it item) Row {
	return Row{
		User: chat.UserID(it.text("user")), Kind: it.text("kind"), IsHidden: it.flag(attrHidden),
		ConnectedAt: fromMillis(it.number(attrSince)), ExpiresAt: time.Unix(it.number(attrExpires), 0).UTC(),
	}
}

// SaveListener stores a listener, findable by its room and by its connection.
func (s *Store) SaveListener(ctx context.Context, r Row) error {
	listener := rowItem(listenerKey(r.Room, r.Conn), &r)
	listener["user"] = text(string(r.User))
	if r.IsHidden {
		listener[attrHidden] = flag()
	}
	back := newItem(listensKey(r.Conn, r.Room))
	back[attrExpires] = listener[attrExpires]
	return s.write(ctx, "save a listener of "+string(r.Room), change{put: back}, change{put: listener})
}

// RemoveListener removes a listener.
func (s *Store) RemoveListener(ctx context.Context, room chat.RoomID, conn chat.ConnID) error {
	return s.write(ctx, "remove a listener of "+string(room),
		change{key: listenerKey(room, conn), isErased: true}, change{key: listensKey(conn, room), isErased: true})
}

// write makes changes that may each be repeated, all at once.
func (s *Store) write(ctx context.Context, what string, changes ...change) error {
	err := parallel(len(changes), func(i int) error {
		_, _, err := s.change(ctx, changes[i])
		return err
	})
	return chat.Wrap(err, chat.CodeUnavailable, what)
}

// Listeners lists at most limit listeners of the room, those that follow after,
// void rows included; strongly consistent. It reads backwards, where evictions come
// before listeners, so that the first page is one request for both.
func (s *Store) Listeners(ctx context.Context, room chat.RoomID, after chat.ConnID, limit int) (ListenerPage, error) {
	found := ListenerPage{Evicted: map[chat.UserID]chat.Seq{}}
	sp := span{pk: audiencePartition(room), first: listenerPrefix, last: evictedPrefix + afterAll, isBackward: true}
	if after != "" {
		sp.after = listenerPrefix + string(after)
	}
	for {
		// If evictions filled the page, the next one is larger.
		sp.limit = max(limit-len(found.Listeners), len(found.Evicted))
		p, err := s.table.query(ctx, sp)
		if err != nil {
			return ListenerPage{}, chat.Wrap(err, chat.CodeUnavailable, "listeners of "+string(room))
		}
		for _, it := range p.items {
			found.take(room, it)
		}
		isFull := len(found.Listeners) >= limit
		if isFull && (p.isCut || len(found.Listeners) > limit) {
			found.Listeners = found.Listeners[:limit]
			found.Next = found.Listeners[limit-1].Conn
		}
		if isFull || !p.isCut || len(p.items) == 0 {
			return found, nil
		}
		sp.after = p.items[len(p.items)-1].text(sortKey)
	}
}

func (p *ListenerPage) take(room chat.RoomID, it item) {
	if user, isEvicted := strings.CutPrefix(it.text(sortKey), evictedPrefix); isEvicted {
		p.Evicted[chat.UserID(user)] = chat.Seq(it.number("seq"))
		return
	}
	r := rowOf(it)
	r.Room, r.Conn = room, chat.ConnID(strings.TrimPrefix(it.text(sortKey), listenerPrefix))
	p.Listeners = append(p.Listeners, r)
}

// EvictedAt returns the entry that removed the user from the room, 0 when the
// user has joined again since or was not removed lately; strongly consistent.
func (s *Store) EvictedAt(ctx context.Context, room chat.RoomID, user chat.UserID) (chat.Seq, error) {
	items, err := s.table.get(ctx, evictedKey(room, user))
	if err != nil {
		return 0, chat.Wrap(err, chat.CodeUnavailable, "eviction of "+string(user)+" from "+string(room))
	}
	return chat.Seq(items[0].number("seq")), nil
}

// evictionChanges record, in the removal's own transaction, that nothing more is to
// be pushed to the user; joining again ends that.
func evictionChanges(e *chat.Entry) []change {
	k := evictedKey(e.Room, e.User)
	switch e.Kind {
	case chat.KindLeft, chat.KindRemoved:
		evicted := newItem(k)
		evicted["seq"] = number(e.Seq)
		evicted[attrExpires] = number(e.At.Add(evictionLife).Unix())
		return []change{{key: k, put: evicted}}
	case chat.KindJoined:
		return []change{{key: k, isErased: true}}
	default:
		return nil
	}
}
