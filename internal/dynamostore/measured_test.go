package dynamostore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/maru-chat/maru/internal/chat"
)

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

// start begins counting: what went before was preparation.
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

// mentioned counts a read by a user who was named n times.
func mentioned(n int, read func(*measured) error) func(*measured) error {
	return func(m *measured) error {
		for i := range n {
			mention := chat.Mention{Room: m.room, Seq: chat.Seq(100 + i), At: m.now}
			if _, _, err := m.change(m.ctx, change{put: mentionItem(m.user, mention)}); err != nil {
				return err
			}
		}
		m.start()
		return read(m)
	}
}

func (m *measured) saveUser() error {
	_, err := m.SaveUser(m.ctx, chat.User{ID: m.user, Name: "가람", CreatedAt: m.now})
	return err
}

// saveTicket returns the hash of a new invitation.
func (m *measured) saveTicket() (hash string, err error) {
	hash = chat.HashTicket(rand.Text())
	return hash, m.SaveTicket(m.ctx, chat.Ticket{
		Hash: hash, Kind: chat.TicketInvite, User: m.user, Room: m.room, Role: chat.RoleMember,
		ExpiresAt: m.now.Add(time.Hour), UsesLeft: 3,
	}, m.now)
}

// withTicket counts a use of an invitation that is there.
func withTicket(use func(*measured, string) error) func(*measured) error {
	return func(m *measured) error {
		hash, err := m.saveTicket()
		if err != nil {
			return err
		}
		m.start()
		return use(m, hash)
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
