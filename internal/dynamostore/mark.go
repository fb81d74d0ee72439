package dynamostore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/maru-chat/maru/internal/chat"
)

// marks holds the read marks that plain posts moved since the last Flush and that
// are not in the table yet, the highest of each place. A Lambda function is frozen
// between two invocations, so no goroutine could write them later.
type marks struct {
	mu      sync.Mutex
	waiting map[markPlace]chat.Mark
}

type markPlace struct {
	room chat.RoomID
	user chat.UserID
}

// raise notes the mark unless a higher one waits.
func (m *marks) raise(at markPlace, mark chat.Mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting == nil {
		m.waiting = map[markPlace]chat.Mark{}
	}
	if m.waiting[at].Seq < mark.Seq {
		m.waiting[at] = mark
	}
}

func (m *marks) at(place markPlace) chat.Mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.waiting[place]
}

// of returns the user's marks that wait.
func (m *marks) of(user chat.UserID) map[chat.RoomID]chat.Mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	raised := map[chat.RoomID]chat.Mark{}
	for at, mark := range m.waiting {
		if at.user == user {
			raised[at.room] = mark
		}
	}
	return raised
}

func (m *marks) pending() map[markPlace]chat.Mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.waiting)
}

// written drops a mark that is in the table now, unless it was raised since.
func (m *marks) written(at markPlace, mark chat.Mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting[at] == mark {
		delete(m.waiting, at)
	}
}

// followMark advances the mark of a plain post's author; the transaction of every
// other entry has written its marks.
func (s *Store) followMark(e *chat.Entry) {
	if e.Kind == chat.KindPosted && len(e.Mentions) == 0 {
		s.marks.raise(markPlace{e.Room, e.Author}, chat.MarkAt(e))
	}
}

// Advance is chat.Marks's: one conditional write, unless a mark at least as high
// waits in this process. If a write was applied and its answer lost, rose is false.
func (s *Store) Advance(ctx context.Context, user chat.UserID, room chat.RoomID, mark chat.Mark) (rose bool, err error) {
	at := markPlace{room, user}
	if s.marks.at(at).Seq >= mark.Seq {
		return false, nil
	}
	return s.writeMark(ctx, at, mark)
}

// writeMark puts the mark unless one at least as high is stored.
func (s *Store) writeMark(ctx context.Context, at markPlace, mark chat.Mark) (rose bool, err error) {
	_, rose, err = s.change(ctx, change{
		key: markKey(at.room, at.user), put: markItem(at.room, at.user, mark),
		only: []condition{{name: "seq", is: less, value: number(mark.Seq), orAbsent: true}},
	})
	return rose, chat.Wrap(err, chat.CodeUnavailable, fmt.Sprintf("mark of %s in %s", at.user, at.room))
}

// Flush writes the marks that wait, each by one conditional write, and returns
// when they are in the table. It is called before an invocation ends, and may
// run beside the pushes. The marks that it could not write wait for the next
// Flush; the error is that of one of them.
func (s *Store) Flush(ctx context.Context) error {
	raised := s.marks.pending()
	places := slices.Collect(maps.Keys(raised))
	return parallel(len(places), func(i int) error {
		_, err := s.writeMark(ctx, places[i], raised[places[i]])
		if err == nil {
			s.marks.written(places[i], raised[places[i]])
		}
		return err
	})
}

// Marks is chat.Marks's. It includes the marks that wait in this process.
func (s *Store) Marks(ctx context.Context, user chat.UserID) (map[chat.RoomID]chat.Mark, error) {
	raised := s.marks.of(user) // before the table is read: a mark waits until it is stored
	found := map[chat.RoomID]chat.Mark{}
	err := s.each(ctx, allOf(userPartition(user), markPrefix, ""), func(it item) bool {
		found[chat.RoomID(it.text("room"))] = markOf(it)
		return true
	})
	if err != nil {
		return nil, err
	}
	for room, mark := range raised {
		if found[room].Seq < mark.Seq {
			found[room] = mark
		}
	}
	return found, nil
}
