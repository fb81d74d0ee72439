package dynamostore

import (
	"context"
	"crypto/rand"
	"errors"
	goflag "flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

// update writes what was measured into the page instead of comparing it.
var update = goflag.Bool("update", false, "write the measured table into docs/dynamodb.md")

const (
	unitsPage  = "../../docs/dynamodb.md"
	unitsBegin = "<!-- measured: go test -run TestUnits ./internal/dynamostore -update -->\n"
	unitsEnd   = "<!-- end -->\n"
)

// pattern is one way in which the table is used.
type pattern struct {
	what string
	// grows says what the units depend on.
	grows string
	// run uses it once. What it prepares it leaves uncounted by m.start.
	run func(m *measured) error
}

// measured is a store whose requests are counted, with ids of fixed length.
type measured struct {
	*Store
	meter *meter
	ctx   context.Context
	room  chat.RoomID
	user  chat.UserID
	conns string // what the ids of connections begin with
	head  chat.Head
	now   time.Time
}

func newMeasured(t *testing.T) *measured {
	m := &measured{
		meter: &meter{calls: map[string]int{}}, ctx: t.Context(),
		room: chat.RoomID("room-" + rand.Text()), user: chat.UserID("user-" + rand.Text()), conns: rand.Text()[:11], now: time.Now(),
	}
	client := dynamodb.New(connect(endpoint(t)).Options(), m.meter.attach)
	m.Store = New(Config{Client: client, Table: tableName, Now: func() time.Time { return m.now }})
	return m
}

// start ends the preparations.
func (m *measured) start() { m.meter.reset() }

// write appends entries by the user, each known to follow the one before.
func (m *measured) write(contents ...chat.Content) error {
	for _, c := range contents {
		m.now = m.now.Add(time.Second)
		d := &chat.Draft{Room: m.room, Author: m.user, ID: chat.EntryID("entry-" + rand.Text()), Content: c, Now: m.now}
		appended, err := m.Append(m.ctx, d, &chat.Scanned{Head: m.head})
		if err != nil {
			return err
		}
		m.head = appended.Entry.Head()
	}
	return nil
}

// begin makes a room with n posts of 100 letters.
func (m *measured) begin(n int) error {
	contents := []chat.Content{m.creation()}
	for range n {
		contents = append(contents, postOfLetters(100))
	}
	return m.write(contents...)
}

func (m *measured) creation() chat.Content {
	return chat.Content{
		Kind: chat.KindCreated, Title: "마루", Visibility: chat.Public,
		Founders: []chat.Founder{{User: m.user, Name: "주인", Role: chat.RoleOwner}},
	}
}

func postOfLetters(n int) chat.Content {
	return chat.Content{Kind: chat.KindPosted, Text: strings.Repeat("x", n)}
}

// after counts one append to a room with a post at 2.
func after(c chat.Content) func(*measured) error {
	return func(m *measured) error {
		if err := m.begin(1); err != nil {
			return err
		}
		m.start()
		return m.write(c)
	}
}

// reading counts one read of a room with n posts.
func reading(n int, read func(*measured) error) func(*measured) error {
	return func(m *measured) error {
		if err := m.begin(n); err != nil {
			return err
		}
		if err := m.Flush(m.ctx); err != nil {
			return err
		}
		m.start()
		return read(m)
	}
}

const (
	perRead  = "4 kB of entries a unit"
	perWrite = "1 kB of the entry a unit"
	perTwice = "twice 1 kB of each item; the post's is as large as its words and reactions"
)

var patterns = []pattern{
	{"Append a post of 100 letters", perWrite, after(postOfLetters(100))},
	{"Append a post of 4,000 letters", perWrite, after(postOfLetters(4000))},
	{"Append a post of 4,000 Korean letters", perWrite, after(chat.Content{Kind: chat.KindPosted, Text: strings.Repeat("가", 4000)})},
	{"Append a post that names 1", "4 more for each one named", after(chat.Content{Kind: chat.KindPosted, Text: "@", Mentions: []chat.UserID{"named"}})},
	{"Append a reaction", perTwice, after(chat.Content{Kind: chat.KindReactionSet, Post: 2, Emoji: "👍"})},
	{"Append an edit", perTwice, after(chat.Content{Kind: chat.KindEdited, Post: 2, Text: "글"})},
	{"Append a deletion", "2 more for each edit that it empties", after(chat.Content{Kind: chat.KindDeleted, Post: 2})},
	{"Append the creation of a public room", "6 more for each further founder", func(m *measured) error { return m.write(m.creation()) }},
	{"Append a joining", "", after(chat.Content{Kind: chat.KindJoined, User: "guest", Name: "손님", Role: chat.RoleMember})},
	{"Append a leaving", "", after(chat.Content{Kind: chat.KindLeft, User: "guest", Was: chat.RoleMember})},
	{"Append a role", "", after(chat.Content{Kind: chat.KindRoleSet, User: "guest", Role: chat.RoleReader, Was: chat.RoleMember})},
	{"Append a pin, a topic", "", after(chat.Content{Kind: chat.KindPinned, Post: 2})},
	{"Append settings, the end of a room", "", after(chat.Content{Kind: chat.KindRoomDeleted})},
	{"Scan 0 entries after the cursor", perRead, scanning(0)},
	{"Scan 50 entries after the cursor", perRead, scanning(50)},
	{"Read 100 entries", perRead, reading(99, func(m *measured) error {
		_, err := m.Read(m.ctx, m.room, chat.Cursor{}, 100)
		return err
	})},
	{"History of 50 posts", perRead, reading(65, func(m *measured) error {
		_, err := m.History(m.ctx, m.room, 0, 50)
		return err
	})},
	{"Heads of 1 room", "one for each room", reading(1, func(m *measured) error {
		_, err := m.Heads(m.ctx, []chat.RoomID{m.room})
		return err
	})},
	{"FindRooms of 1, Post, FindMembers of 1, User, Ticket", "one for each", reading(1, func(m *measured) error {
		_, err := m.FindRooms(m.ctx, m.room)
		return err
	})},
	{"FindRooms, FindMembers of 10", "one for each", reading(1, func(m *measured) error {
		users := make([]chat.UserID, 10)
		for i := range users {
			users[i] = chat.UserID(fmt.Sprint("user", i))
		}
		_, err := m.FindMembers(m.ctx, m.room, users...)
		return err
	})},
	{"ListMembers, 100 of 100", "4 kB of members a unit, those who left too", func(m *measured) error {
		for i := range 100 {
			user := chat.UserID(fmt.Sprintf("user-%026d", i))
			member := chat.Member{Room: m.room, User: user, Name: "가람", Role: chat.RoleMember, Touched: 7, Named: 7, JoinedAt: m.now}
			if _, _, err := m.change(m.ctx, change{put: memberItem(memberKey(m.room, user), &member)}); err != nil {
				return err
			}
		}
		m.start()
		_, err := m.ListMembers(m.ctx, m.room, "", 100)
		return err
	}},
	{"RoomsOf, 10 rooms", "one for each room, and 4 kB of memberships", inRooms(10, func(m *measured, _ []chat.RoomID) error {
		_, err := m.RoomsOf(m.ctx, m.user)
		return err
	})},
	{"Public, 10 rooms", "one for each room, and half of 4 kB of the list", inRooms(10, func(m *measured, rooms []chat.RoomID) error {
		_, err := m.Public(m.ctx, rooms[0][:len(rooms[0])-1], 10)
		return err
	})},
	{"Marks of 10 rooms", "4 kB of marks a unit", inRooms(10, func(m *measured, _ []chat.RoomID) error {
		_, err := m.Store.Marks(m.ctx, m.user)
		return err
	})},
	{"Advance a mark, Flush of 1 mark", "one for each mark", inRooms(1, func(m *measured, rooms []chat.RoomID) error {
		_, err := m.Advance(m.ctx, m.user, rooms[0], chat.Mark{Seq: 9})
		return err
	})},
	{"Mentions, CountMentions, 50 of 50", "4 kB of mentions a unit; CountMentions from the newest to the oldest mark", func(m *measured) error {
		for i := range 50 {
			mention := chat.Mention{Room: m.room, Seq: chat.Seq(100 + i), At: m.now}
			if _, _, err := m.change(m.ctx, change{put: mentionItem(m.user, mention)}); err != nil {
				return err
			}
		}
		m.start()
		_, err := m.CountMentions(m.ctx, m.user, map[chat.RoomID]chat.Seq{m.room: 1})
		return err
	}},
	{"SaveUser, SaveTicket", "", func(m *measured) error {
		_, err := m.SaveUser(m.ctx, chat.User{ID: m.user, Name: "가람", CreatedAt: m.now})
		return err
	}},
	{"UseTicket", "", func(m *measured) error {
		hash := chat.HashTicket(rand.Text())
		ticket := chat.Ticket{Hash: hash, Kind: chat.TicketInvite, User: m.user, Room: m.room, Role: chat.RoleMember, ExpiresAt: m.now.Add(time.Hour), UsesLeft: 3}
		if err := m.SaveTicket(m.ctx, ticket, m.now); err != nil {
			return err
		}
		m.start()
		_, err := m.UseTicket(m.ctx, hash, "guest/1", m.now)
		return err
	}},
	{"Take from a full bucket", "", func(m *measured) error { return m.takes(1) }},
	{"Take from a bucket that this process took from last", "", func(m *measured) error {
		if err := m.takes(1); err != nil {
			return err
		}
		m.start()
		return m.takes(1)
	}},
	{"Take from a bucket that another process took from", "the refused one counts", func(m *measured) error {
		if err := m.takes(1); err != nil {
			return err
		}
		m.buckets.full = nil
		m.start()
		return m.takes(1)
	}},
	{"Gather 31 of 31 listeners", "4 kB of rows a unit", func(m *measured) error {
		for i := range 31 {
			if err := m.SaveListener(m.ctx, m.listener(i)); err != nil {
				return err
			}
		}
		m.start()
		_, err := m.Listeners(m.ctx, m.room, "", 31)
		return err
	}},
	{"Gather 1,000 of 1,000 listeners, as a page of the stream's function", "4 kB of rows a unit", func(m *measured) error {
		if err := m.listenOften(1000); err != nil {
			return err
		}
		m.start()
		_, err := m.Listeners(m.ctx, m.room, "", 1000)
		return err
	}},
	{"Disconnect, listening to 10 rooms", "one for each room, and one for the connection", func(m *measured) error {
		if err := m.listenEverywhere(10); err != nil {
			return err
		}
		m.start()
		return m.RemoveConnection(m.ctx, m.user, m.listener(0).Conn)
	}},
	{"A connection met dead, listening to 10 rooms", "one for each room, and one for that in which it was met", func(m *measured) error {
		if err := m.listenEverywhere(10); err != nil {
			return err
		}
		m.start()
		conn := m.listener(0).Conn
		if err := m.RemoveListener(m.ctx, m.room, conn); err != nil {
			return err
		}
		return m.RemoveConnection(m.ctx, m.user, conn)
	}},
	{"Disconnect, when it is gone", "the refused one counts", func(m *measured) error {
		return m.RemoveConnection(m.ctx, m.user, m.listener(0).Conn)
	}},
	{"Hidden, listening to 10 rooms", "one for each room", func(m *measured) error {
		if err := m.listenEverywhere(10); err != nil {
			return err
		}
		m.start()
		return m.HideConnection(m.ctx, m.listener(0).Conn, true)
	}},
	{"Evict a user of 2 connections", "2 for each connection", func(m *measured) error {
		for i := range 2 {
			if err := errors.Join(m.SaveConnection(m.ctx, m.listener(i)), m.SaveListener(m.ctx, m.listener(i))); err != nil {
				return err
			}
		}
		m.start()
		return m.evict()
	}},
	{"Save a connection", "", func(m *measured) error {
		r := m.listener(0)
		r.Room = ""
		return m.SaveConnection(m.ctx, r)
	}},
	{"Save a listener, remove a listener", "", func(m *measured) error { return m.SaveListener(m.ctx, m.listener(0)) }},
	{"Connections of a user, for Tell", "4 kB of rows a unit", func(m *measured) error {
		if err := m.SaveConnection(m.ctx, m.listener(0)); err != nil {
			return err
		}
		m.start()
		_, err := m.ConnectionsOf(m.ctx, m.user)
		return err
	}},
	{"Search, 100 entries of 1 room", "half of 4 kB of entries", reading(99, func(m *measured) error {
		_, err := m.Search(m.ctx, chat.Query{Rooms: []chat.RoomID{m.room}, Text: "없는말", Limit: 10})
		return err
	})},
	{"Search, 20 entries of each of 3 rooms", "half of 4 kB of entries", func(m *measured) error {
		var rooms []chat.RoomID
		for range 3 {
			m.room, m.head = chat.RoomID("room-"+rand.Text()), chat.Head{}
			if err := m.begin(19); err != nil {
				return err
			}
			rooms = append(rooms, m.room)
		}
		if err := m.Flush(m.ctx); err != nil {
			return err
		}
		m.start()
		_, err := m.Search(m.ctx, chat.Query{Rooms: rooms, Text: "없는말", Limit: 10})
		return err
	}},
	{"EraseRoom, 20 entries", "the words that are emptied", func(m *measured) error {
		if err := m.begin(18); err != nil {
			return err
		}
		if err := m.write(chat.Content{Kind: chat.KindRoomDeleted}); err != nil {
			return err
		}
		m.start()
		return m.EraseRoom(m.ctx, m.room, 0, 20)
	}},
	{"Secret, when it is there", "once a process", func(m *measured) error {
		if _, err := m.Secret(m.ctx, string(m.room), newSecret); err != nil {
			return err
		}
		m.start()
		_, err := m.Secret(m.ctx, string(m.room), newSecret)
		return err
	}},
}

func scanning(n int) func(*measured) error {
	return func(m *measured) error {
		if err := m.begin(1); err != nil {
			return err
		}
		since := m.head.Cursor
		for range n {
			if err := m.write(postOfLetters(100)); err != nil {
				return err
			}
		}
		m.start()
		_, err := m.Scan(m.ctx, &chat.Draft{Room: m.room, Author: m.user, ID: "new", Since: since})
		return err
	}
}

// inRooms counts a use by a user who made n rooms.
func inRooms(n int, use func(*measured, []chat.RoomID) error) func(*measured) error {
	return func(m *measured) error {
		base := m.room
		var rooms []chat.RoomID
		for i := range n {
			m.room, m.head = base+chat.RoomID(strconv.Itoa(i)), chat.Head{}
			if err := m.write(m.creation()); err != nil {
				return err
			}
			rooms = append(rooms, m.room)
		}
		m.start()
		return use(m, rooms)
	}
}

func (m *measured) listener(i int) Row {
	return Row{
		Room: m.room, User: m.user, Conn: chat.ConnID(fmt.Sprintf("%s-%04d", m.conns, i)), Kind: "v1",
		ConnectedAt: m.now, ExpiresAt: m.now.Add(2 * time.Hour),
	}
}

// listenOften has n connections listen in the room, which none of them leaves.
func (m *measured) listenOften(n int) error {
	return parallel(n, func(i int) error {
		r := m.listener(i)
		it := rowItem(listenerKey(r.Room, r.Conn), &r)
		it["user"] = text(string(r.User))
		_, _, err := m.change(m.ctx, change{put: it})
		return err
	})
}

// listenEverywhere has one connection listen in n rooms, m.room among them.
func (m *measured) listenEverywhere(n int) error {
	r := m.listener(0)
	if err := m.SaveConnection(m.ctx, r); err != nil {
		return err
	}
	for i := range n {
		if i > 0 {
			r.Room = chat.RoomID("room-" + rand.Text())
		}
		if err := m.SaveListener(m.ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// evict makes the requests of an eviction.
func (m *measured) evict() error {
	if _, err := m.EvictedAt(m.ctx, m.room, m.user); err != nil {
		return err
	}
	rows, err := m.ConnectionsOf(m.ctx, m.user)
	for _, r := range rows {
		err = errors.Join(err, m.RemoveListener(m.ctx, m.room, r.Conn))
	}
	return err
}

func (m *measured) takes(n int) error {
	for range n {
		if _, err := m.Take(m.ctx, "writes:"+string(m.user), chat.Rate{Burst: 10, Every: 500 * time.Millisecond}); err != nil {
			return err
		}
	}
	return nil
}

// TestUnits measures every pattern and holds the page to it.
func TestUnits(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	table.WriteString("| what | requests | read units | write units | grows with |\n|---|---|---:|---:|---|\n")
	for _, p := range patterns {
		m := newMeasured(t)
		m.start()
		if err := p.run(m); err != nil {
			t.Fatalf("%s: %v", p.what, err)
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %s | %s |\n", p.what, m.meter.requests(), unitsText(m.meter.reads), unitsText(m.meter.writes), p.grows)
	}
	page, err := os.ReadFile(unitsPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, hasBegin := strings.Cut(string(page), unitsBegin)
	written, behind, hasEnd := strings.Cut(rest, unitsEnd)
	if !hasBegin || !hasEnd {
		t.Fatalf("%s has no place for the table", unitsPage)
	}
	if *update {
		whole := before + unitsBegin + "\n" + table.String() + "\n" + unitsEnd + behind
		if err := os.WriteFile(unitsPage, []byte(whole), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff("\n"+table.String()+"\n", written); diff != "" {
		t.Errorf("docs/dynamodb.md says otherwise than DynamoDB Local; run with -update (-want +page):\n%s", diff)
	}
}

func unitsText(n float64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
