package dynamostore

import (
	"crypto/rand"
	"errors"
	goflag "flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

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

const (
	perRead  = "a unit per 4 kB of entries"
	perWrite = "a unit per kB of the entry"
	perTwice = "two units per kB of each item; the post's item holds its text and reactions"
)

var patterns = []pattern{
	{"Append a post of 100 characters", perWrite, after(postOfLetters(100))},
	{"Append a post of 4,000 characters", perWrite, after(postOfLetters(4000))},
	{"Append a post of 4,000 Korean characters", perWrite, after(chat.Content{Kind: chat.KindPosted, Text: strings.Repeat("가", 4000)})},
	{"Append a post that mentions 1 member", "4 more per further member", after(chat.Content{Kind: chat.KindPosted, Text: "@", Mentions: []chat.UserID{"named"}})},
	{"Append a reaction", perTwice, after(chat.Content{Kind: chat.KindReactionSet, Post: 2, Emoji: "👍"})},
	{"Append an edit", perTwice, after(chat.Content{Kind: chat.KindEdited, Post: 2, Text: "글"})},
	{"Append the deletion of a post", "2 more per edit that it empties", after(chat.Content{Kind: chat.KindDeleted, Post: 2})},
	{"Append the creation of a public room", "6 more per further founder", func(m *measured) error { return m.write(m.creation()) }},
	{"Append a join", "", after(chat.Content{Kind: chat.KindJoined, User: "guest", Name: "손님", Role: chat.RoleMember})},
	{"Append a leave", "", after(chat.Content{Kind: chat.KindLeft, User: "guest", Was: chat.RoleMember})},
	{"Append a change of role", "", after(chat.Content{Kind: chat.KindRoleSet, User: "guest", Role: chat.RoleReader, Was: chat.RoleMember})},
	{"Append a pin", "", after(chat.Content{Kind: chat.KindPinned, Post: 2})},
	{"Append a topic", "", after(chat.Content{Kind: chat.KindTopicSet, Text: "점심"})},
	{"Append a change of settings", "", after(chat.Content{Kind: chat.KindSettingsChanged, Title: "마루", Visibility: chat.Public})},
	{"Append the deletion of a room", "", after(chat.Content{Kind: chat.KindRoomDeleted})},
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
	{"Heads of 1 room", "a unit per room", reading(1, func(m *measured) error {
		_, err := m.Heads(m.ctx, []chat.RoomID{m.room})
		return err
	})},
	{"FindRooms of 1", "", reading(1, func(m *measured) error {
		_, err := m.FindRooms(m.ctx, m.room)
		return err
	})},
	{"FindRooms of 10", "a unit per room", inRooms(10, func(m *measured, rooms []chat.RoomID) error {
		_, err := m.FindRooms(m.ctx, rooms...)
		return err
	})},
	{"Post", "a unit per 4 kB of the post", reading(1, func(m *measured) error {
		_, err := m.Post(m.ctx, m.room, 2)
		return err
	})},
	{"FindMembers of 1", "", reading(1, func(m *measured) error {
		_, err := m.FindMembers(m.ctx, m.room, m.user)
		return err
	})},
	{"FindMembers of 10", "a unit per member", reading(1, func(m *measured) error {
		users := make([]chat.UserID, 10)
		for i := range users {
			users[i] = chat.UserID(fmt.Sprint("user", i))
		}
		_, err := m.FindMembers(m.ctx, m.room, users...)
		return err
	})},
	{"ListMembers, 100 of 100", "a unit per 4 kB of members, including those who left", func(m *measured) error {
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
	{"RoomsOf, 10 rooms", "a unit per room, and per 4 kB of memberships", inRooms(10, func(m *measured, _ []chat.RoomID) error {
		_, err := m.RoomsOf(m.ctx, m.user)
		return err
	})},
	{"Public, 10 rooms", "a unit per room, and half a unit per 4 kB of the list", inRooms(10, func(m *measured, rooms []chat.RoomID) error {
		_, err := m.Public(m.ctx, rooms[0][:len(rooms[0])-1], 10)
		return err
	})},
	{"Marks of 10 rooms", "a unit per 4 kB of marks", inRooms(10, func(m *measured, _ []chat.RoomID) error {
		_, err := m.Store.Marks(m.ctx, m.user)
		return err
	})},
	{"Advance a mark", "", inRooms(1, func(m *measured, rooms []chat.RoomID) error {
		_, err := m.Advance(m.ctx, m.user, rooms[0], chat.Mark{Seq: 9})
		return err
	})},
	{"Flush of 1 mark", "a unit per mark", func(m *measured) error {
		if err := m.begin(1); err != nil {
			return err
		}
		m.start()
		return m.Flush(m.ctx)
	}},
	{"Mentions, 50 of 50", "a unit per 4 kB of mentions", mentioned(50, func(m *measured) error {
		_, err := m.Mentions(m.ctx, m.user, chat.Mention{}, 50)
		return err
	})},
	{"CountMentions, 50 of 50", "a unit per 4 kB of mentions, from the newest back to the oldest mark", mentioned(50, func(m *measured) error {
		_, err := m.CountMentions(m.ctx, m.user, map[chat.RoomID]chat.Seq{m.room: 1})
		return err
	})},
	{"SaveUser", "", func(m *measured) error { return m.saveUser() }},
	{"User", "", func(m *measured) error {
		if err := m.saveUser(); err != nil {
			return err
		}
		m.start()
		_, err := m.User(m.ctx, m.user)
		return err
	}},
	{"SaveTicket", "", func(m *measured) error {
		_, err := m.saveTicket()
		return err
	}},
	{"Ticket", "", withTicket(func(m *measured, hash string) error {
		_, err := m.Ticket(m.ctx, hash)
		return err
	})},
	{"UseTicket", "", withTicket(func(m *measured, hash string) error {
		_, err := m.UseTicket(m.ctx, hash, "guest/1", m.now)
		return err
	})},
	{"Take from a full bucket", "", func(m *measured) error { return m.takes(1) }},
	{"Take from a bucket that this process was the last to take from", "", func(m *measured) error {
		if err := m.takes(1); err != nil {
			return err
		}
		m.start()
		return m.takes(1)
	}},
	{"Take from a bucket that another process took from since", "the refused write is billed", func(m *measured) error {
		if err := m.takes(1); err != nil {
			return err
		}
		m.buckets.full = nil
		m.start()
		return m.takes(1)
	}},
	{"Gather 31 of 31 listeners", "a unit per 4 kB of rows", func(m *measured) error {
		for i := range 31 {
			if err := m.SaveListener(m.ctx, m.listener(i)); err != nil {
				return err
			}
		}
		m.start()
		_, err := m.Listeners(m.ctx, m.room, "", 31)
		return err
	}},
	{"A page of 1,000 listeners, for the stream's function", "a unit per 4 kB of rows", func(m *measured) error {
		if err := m.listenOften(1000); err != nil {
			return err
		}
		m.start()
		_, err := m.Listeners(m.ctx, m.room, "", 1000)
		return err
	}},
	{"Disconnect, listening to 10 rooms", "a write unit per room, and one for the connection", func(m *measured) error {
		if err := m.listenEverywhere(10); err != nil {
			return err
		}
		m.start()
		return m.RemoveConnection(m.ctx, m.user, m.listener(0).Conn)
	}},
	{"A connection found dead, listening to 10 rooms", "a write unit per room, one for the connection, one more for the room where it was found", func(m *measured) error {
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
	{"Disconnect, when the connection is gone", "the refused write is billed", func(m *measured) error {
		return m.RemoveConnection(m.ctx, m.user, m.listener(0).Conn)
	}},
	{"Hidden, listening to 10 rooms", "a write unit per room", func(m *measured) error {
		if err := m.listenEverywhere(10); err != nil {
			return err
		}
		m.start()
		return m.HideConnection(m.ctx, m.listener(0).Conn, true)
	}},
	{"Evict a user of 2 connections", "2 write units per connection", func(m *measured) error {
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
	{"Save a listener", "", func(m *measured) error { return m.SaveListener(m.ctx, m.listener(0)) }},
	{"Remove a listener", "", func(m *measured) error {
		if err := m.SaveListener(m.ctx, m.listener(0)); err != nil {
			return err
		}
		m.start()
		return m.RemoveListener(m.ctx, m.room, m.listener(0).Conn)
	}},
	{"Connections of a user, for Tell", "a unit per 4 kB of rows", func(m *measured) error {
		if err := m.SaveConnection(m.ctx, m.listener(0)); err != nil {
			return err
		}
		m.start()
		_, err := m.ConnectionsOf(m.ctx, m.user)
		return err
	}},
	{"Search, 100 entries of 1 room", "half a unit per 4 kB of entries", reading(99, func(m *measured) error {
		_, err := m.Search(m.ctx, chat.Query{Rooms: []chat.RoomID{m.room}, Text: "없는말", Limit: 10})
		return err
	})},
	{"Search, 20 entries of each of 3 rooms", "half a unit per 4 kB of entries", func(m *measured) error {
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
	{"EraseRoom, 20 entries", "a read unit per 4 kB of entries, a write unit per kB of each entry emptied", func(m *measured) error {
		if err := m.begin(18); err != nil {
			return err
		}
		if err := m.write(chat.Content{Kind: chat.KindRoomDeleted}); err != nil {
			return err
		}
		m.start()
		return m.EraseRoom(m.ctx, m.room, 0, 20)
	}},
	{"Secret, when it exists", "once per process", func(m *measured) error {
		if _, err := m.Secret(m.ctx, string(m.room), newSecret); err != nil {
			return err
		}
		m.start()
		_, err := m.Secret(m.ctx, string(m.room), newSecret)
		return err
	}},
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
