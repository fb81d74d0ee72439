package dynamostore

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

// largeLists is a user and a room of whom every list is longer than one page.
type largeLists struct {
	*Store
	user    chat.UserID
	room    chat.RoomID
	members []string
	rooms   []string // that the user is in, each with a mention and a mark
	seqs    []string
	conns   []string    // of the user
	conn    chat.ConnID // that listens to all rooms
}

// fillLists puts items so large that DynamoDB cuts a page after three of them.
func fillLists(t *testing.T) *largeLists {
	t.Helper()
	unique := time.Now().UnixNano()
	l := &largeLists{
		Store: openAt(t, endpoint(t)),
		user:  chat.UserID(fmt.Sprint("large-user-", unique)), room: chat.RoomID(fmt.Sprint("large-room-", unique)),
		conn: chat.ConnID(fmt.Sprint("large-conn-", unique)),
	}
	put := func(it item) {
		t.Helper()
		it["filler"] = text(strings.Repeat("x", 300_000))
		if _, _, err := l.change(t.Context(), change{put: it}); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	put(newRoomItem(&chat.Room{ID: l.room}))
	for i := range 8 {
		at := at.Add(time.Duration(i) * time.Second)
		member, room, seq := chat.UserID(fmt.Sprintf("%s-%d", l.user, i)), chat.RoomID(fmt.Sprintf("%s-%d", l.room, i)), chat.Seq(i+1)
		put(memberItem(memberKey(l.room, member), &chat.Member{Room: l.room, User: member, Role: chat.RoleMember}))
		put(memberItem(membershipKey(room, l.user), &chat.Member{Room: room, User: l.user, Role: chat.RoleMember}))
		put(newRoomItem(&chat.Room{ID: room, Visibility: chat.Public}))
		put(publicItem(room))
		put(mentionItem(l.user, chat.Mention{Room: room, Seq: 7, At: at}))
		put(markItem(room, l.user, chat.Mark{Seq: 3}))
		put(entryItem(&chat.Entry{Room: l.room, Seq: seq, At: at, Author: l.user, ID: chat.EntryID(fmt.Sprint(i)), Content: plainPost}))
		l.members, l.rooms = append(l.members, string(member)), append(l.rooms, string(room))
		l.seqs = append(l.seqs, fmt.Sprint(seq))
		row := Row{Room: room, User: l.user, Conn: chat.ConnID(fmt.Sprintf("%s-%d", l.conn, i)), Kind: "v1", ConnectedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
		put(rowItem(connectionKey(l.user, row.Conn), &row))
		l.conns = append(l.conns, string(row.Conn))
		row.Conn = l.conn
		if err := l.SaveListener(t.Context(), row); err != nil {
			t.Fatal(err)
		}
		put(newItem(listensKey(l.conn, room)))
	}
	return l
}

// namesOf returns what each element is called, in order.
func namesOf[E any](elements []E, name func(*E) string) []string {
	var names []string
	for i := range elements {
		names = append(names, name(&elements[i]))
	}
	return names
}

func postSeq(p *chat.Post) string { return fmt.Sprint(p.Seq) }

// listCase reads one list in full.
type listCase struct {
	name string
	want func(*largeLists) []string
	read func(*testing.T, *largeLists) ([]string, error)
}

var listCases = []listCase{
	{"ListMembers", (*largeLists).allMembers, func(t *testing.T, l *largeLists) ([]string, error) {
		found, err := l.ListMembers(t.Context(), l.room, "", 1000)
		return namesOf(found, func(m *chat.Member) string { return string(m.User) }), err
	}},
	{"RoomsOf", (*largeLists).allRooms, func(t *testing.T, l *largeLists) ([]string, error) {
		found, err := l.RoomsOf(t.Context(), l.user)
		return namesOf(found, func(m *chat.Member) string { return string(m.Room) }), err
	}},
	{"Public", (*largeLists).allRooms, func(t *testing.T, l *largeLists) ([]string, error) {
		found, err := l.Public(t.Context(), l.room, len(l.rooms)) // others follow
		return namesOf(found, func(r *chat.Room) string { return string(r.ID) }), err
	}},
	{"Mentions", (*largeLists).allRooms, func(t *testing.T, l *largeLists) ([]string, error) {
		found, err := l.Mentions(t.Context(), l.user, chat.Mention{}, 200)
		return namesOf(found, func(m *chat.Mention) string { return string(m.Room) }), err
	}},
	{"CountMentions", (*largeLists).allRooms, func(t *testing.T, l *largeLists) ([]string, error) {
		after, found := map[chat.RoomID]chat.Seq{}, []string(nil)
		for _, room := range l.rooms {
			after[chat.RoomID(room)] = 3
		}
		counts, err := l.CountMentions(t.Context(), l.user, after)
		for room, n := range counts {
			found = append(found, slices.Repeat([]string{string(room)}, n)...)
		}
		return found, err
	}},
	{"Marks", (*largeLists).allRooms, func(t *testing.T, l *largeLists) (found []string, _ error) {
		marks, err := l.Marks(t.Context(), l.user)
		for room := range marks {
			found = append(found, string(room))
		}
		return found, err
	}},
	{"Scan", (*largeLists).lastSeq, func(t *testing.T, l *largeLists) ([]string, error) {
		scanned, err := l.Scan(t.Context(), &chat.Draft{Room: l.room, Author: "another", ID: "new"})
		return []string{fmt.Sprint(scanned.Head.Seq)}, err
	}},
	{"Read", (*largeLists).allSeqs, func(t *testing.T, l *largeLists) (found []string, _ error) {
		for after := (chat.Cursor{}); ; {
			p, err := l.Read(t.Context(), l.room, after, chat.MaxPage)
			found = append(found, namesOf(p.Entries, func(e *chat.Entry) string { return fmt.Sprint(e.Seq) })...)
			if err != nil || !p.More {
				return found, err
			}
			after = p.Entries[len(p.Entries)-1].Cursor()
		}
	}},
	{"History", (*largeLists).allSeqs, func(t *testing.T, l *largeLists) (found []string, _ error) {
		for before := chat.Seq(0); ; {
			p, err := l.History(t.Context(), l.room, before, chat.MaxHistory)
			found = append(found, namesOf(p.Posts, postSeq)...)
			if before = p.Before; err != nil || before == 0 {
				return found, err
			}
		}
	}},
	{"catching up in the middle of a walk", (*largeLists).lastSeq, func(t *testing.T, l *largeLists) ([]string, error) {
		w := l.newWalk(&chat.Draft{Room: l.room, Author: "another", ID: "new"}, chat.Head{})
		err := w.catchUp(t.Context())
		return []string{fmt.Sprint(w.head.Seq)}, err
	}},
	{"ConnectionsOf", (*largeLists).allConns, func(t *testing.T, l *largeLists) ([]string, error) {
		found, err := l.ConnectionsOf(t.Context(), l.user)
		return namesOf(found, func(r *Row) string { return string(r.Conn) }), err
	}},
	{"HideConnection", (*largeLists).allRooms, func(t *testing.T, l *largeLists) (hidden []string, err error) {
		if err := l.HideConnection(t.Context(), l.conn, true); err != nil {
			return nil, err
		}
		for _, room := range l.rooms {
			page, err := l.Listeners(t.Context(), chat.RoomID(room), "", 10)
			if err != nil {
				return nil, err
			}
			if page.Listeners[0].IsHidden {
				hidden = append(hidden, room)
			}
		}
		return hidden, nil
	}},
	{"Search", (*largeLists).allSeqs, func(t *testing.T, l *largeLists) ([]string, error) {
		found, err := l.Search(t.Context(), chat.Query{Rooms: []chat.RoomID{l.room}, Text: plainPost.Text, Limit: chat.MaxHistory})
		return namesOf(found.Posts, postSeq), err
	}},
}

func (l *largeLists) allMembers() []string { return l.members }
func (l *largeLists) allRooms() []string   { return l.rooms }
func (l *largeLists) allConns() []string   { return l.conns }
func (l *largeLists) allSeqs() []string    { return l.seqs }
func (l *largeLists) lastSeq() []string    { return l.seqs[len(l.seqs)-1:] }

// TestStore_followsEveryPage reads lists of which DynamoDB cuts every page at
// 1 MB.
func TestStore_followsEveryPage(t *testing.T) {
	t.Parallel()
	l := fillLists(t)
	for _, c := range listCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := c.read(t, l)
			slices.Sort(got)
			if diff := cmp.Diff(c.want(l), got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}
