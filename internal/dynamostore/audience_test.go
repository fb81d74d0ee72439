package dynamostore

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

// What rows must do is checked by the transport's suite, which cmd/lambda runs.
// These tests check how they are stored.

// newRows returns a listener of room for each of n connections, with ids as
// long as they are in AWS.
func newRows(room chat.RoomID, n int) []Row {
	now := time.Now().UTC().Truncate(time.Second)
	var rows []Row
	for range n {
		rows = append(rows, Row{
			Room: room, User: chat.UserID(rand.Text()), Conn: chat.ConnID(rand.Text()[:15] + "="), Kind: "v1",
			ConnectedAt: now, ExpiresAt: now.Add(2 * time.Hour),
		})
	}
	return rows
}

func (s *Store) mustSave(t *testing.T, rows ...Row) {
	t.Helper()
	err := parallel(len(rows), func(i int) error { return s.SaveListener(t.Context(), rows[i]) })
	if err != nil {
		t.Fatal(err)
	}
}

func TestStore_Listeners_readsLittle(t *testing.T) {
	t.Parallel()
	m := newMeasured(t)
	m.mustSave(t, newRows(m.room, 40)...)
	m.start()
	page, err := m.Listeners(t.Context(), m.room, "", 31)
	if err != nil || len(page.Listeners) != 31 || page.Next == "" {
		t.Fatalf("%d listeners, next %q, %v", len(page.Listeners), page.Next, err)
	}
	if m.meter.calls["Query"] != 1 || len(m.meter.calls) != 1 || m.meter.reads > 1 {
		t.Errorf("%v and %v units, want one query and one unit", m.meter.calls, m.meter.reads)
	}
}

func TestStore_audience_readsConsistently(t *testing.T) {
	t.Parallel()
	heard := &listener{reads: map[string][]string{}}
	client := dynamodb.New(connect(endpoint(t)).Options(), func(o *dynamodb.Options) { o.HTTPClient = heard })
	s := New(Config{Client: client, Table: tableName})
	r := newRows(chat.RoomID(rand.Text()), 1)[0]
	s.mustSave(t, r)
	_, listenersErr := s.Listeners(t.Context(), r.Room, "", 31)
	_, connectionsErr := s.ConnectionsOf(t.Context(), r.User)
	_, evictedErr := s.EvictedAt(t.Context(), r.Room, r.User)
	for what, err := range map[string]error{
		"Listeners": listenersErr, "ConnectionsOf": connectionsErr, "EvictedAt": evictedErr,
		"HideConnection":   s.HideConnection(t.Context(), r.Conn, true),
		"SaveConnection":   s.SaveConnection(t.Context(), r),
		"RemoveConnection": s.RemoveConnection(t.Context(), r.User, r.Conn),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for operation, want := range map[string]int{"Query": 4, "GetItem": 1} {
		if len(heard.reads[operation]) != want {
			t.Errorf("%d of %s, want %d", len(heard.reads[operation]), operation, want)
		}
		for _, body := range heard.reads[operation] {
			if !isConsistent(t, body) {
				t.Errorf("%s is not strongly consistent: %s", operation, body)
			}
		}
	}
}

// Rows so large that DynamoDB cuts a page after three of them.
func TestStore_audience_followsPages(t *testing.T) {
	t.Parallel()
	s := openAt(t, endpoint(t))
	room, user, conn := chat.RoomID(rand.Text()), chat.UserID(rand.Text()), chat.ConnID(rand.Text())
	var conns, rooms []string
	for i := range 8 {
		id := fmt.Sprint(i)
		conns, rooms = append(conns, id), append(rooms, string(room)+id)
		r := Row{Room: room, User: user, Conn: chat.ConnID(id), ExpiresAt: time.Now().Add(time.Hour)}
		there := r
		there.Room, there.Conn = chat.RoomID(rooms[i]), conn
		s.mustSave(t, there)
		for _, k := range []key{listenerKey(room, r.Conn), connectionKey(user, r.Conn), listensKey(conn, there.Room)} {
			it := rowItem(k, &r)
			it["filler"] = text(strings.Repeat("x", 300_000))
			if _, _, err := s.change(t.Context(), change{put: it}); err != nil {
				t.Fatal(err)
			}
		}
	}
	connOf := func(r *Row) string { return string(r.Conn) }

	page, err := s.Listeners(t.Context(), room, "", 31)
	slices.Reverse(page.Listeners)
	if diff := cmp.Diff(conns, namesOf(page.Listeners, connOf)); diff != "" || err != nil || page.Next != "" {
		t.Errorf("listeners, next %q, %v (-want +got):\n%s", page.Next, err, diff)
	}
	found, err := s.ConnectionsOf(t.Context(), user)
	if diff := cmp.Diff(conns, namesOf(found, connOf)); diff != "" || err != nil {
		t.Errorf("connections, %v (-want +got):\n%s", err, diff)
	}
	if err := s.HideConnection(t.Context(), conn, true); err != nil {
		t.Fatal(err)
	}
	for _, room := range rooms {
		page, err := s.Listeners(t.Context(), chat.RoomID(room), "", 31)
		if err != nil || len(page.Listeners) != 1 || !page.Listeners[0].IsHidden {
			t.Errorf("%s: %+v, %v; want it hidden", room, page.Listeners, err)
		}
	}
	if err := s.SaveConnection(t.Context(), Row{User: user, Conn: conn, ExpiresAt: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveConnection(t.Context(), user, conn); err != nil {
		t.Fatal(err)
	}
	for _, room := range rooms {
		page, err := s.Listeners(t.Context(), chat.RoomID(room), "", 31)
		if err != nil || len(page.Listeners) != 0 {
			t.Errorf("%s: %+v, %v; want nobody", room, page.Listeners, err)
		}
	}
}

// All rows of connections expire, so that DynamoDB removes rows that nobody removed.
func TestStore_audience_expires(t *testing.T) {
	t.Parallel()
	s, table := newMemoryStore()
	r := newRows("room", 1)[0]
	s.mustSave(t, r)
	if err := s.SaveConnection(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, k := range []key{listenerKey(r.Room, r.Conn), listensKey(r.Conn, r.Room), connectionKey(r.User, r.Conn)} {
		if got := table.at(k).number(attrExpires); got != r.ExpiresAt.Unix() {
			t.Errorf("%v expires at %d, want %d", k, got, r.ExpiresAt.Unix())
		}
	}
	m := member(t, s)
	left, err := s.Append(t.Context(), m.draft("left", chat.Content{Kind: chat.KindLeft, User: "user0", Was: chat.RoleOwner}), &m.scanned)
	if err != nil {
		t.Fatal(err)
	}
	evicted := table.at(evictedKey("room", "user0"))
	if evicted.number("seq") != 2 || evicted.number(attrExpires) < left.Entry.At.Add(2*time.Hour).Unix() {
		t.Errorf("the eviction is %v", evicted)
	}
}

// aMember is a room whose only member is user0.
type aMember struct{ scanned chat.Scanned }

func member(t *testing.T, s *Store) *aMember {
	t.Helper()
	created, err := s.Append(t.Context(), creationOf("room", 1), &chat.Scanned{})
	if err != nil {
		t.Fatal(err)
	}
	return &aMember{chat.Scanned{Head: created.Entry.Head()}}
}

func (m *aMember) draft(id chat.EntryID, c chat.Content) *chat.Draft {
	return &chat.Draft{Room: "room", Author: "user0", ID: id, Content: c, Now: time.Now(), Since: m.scanned.Head.Cursor}
}

func TestStore_Append_marksWhatTheStreamPushes(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		hint    any
		content chat.Content
		want    string
	}{
		"a post to a few":              {nil, plainPost, ""},
		"a post to many":               {"stream", plainPost, "stream"},
		"a change of the room to many": {"stream", newTopic, "stream"},
		"an unknown hint":              {"dance", plainPost, ""},
		"the end of a room of few":     {nil, chat.Content{Kind: chat.KindRoomDeleted}, ""},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s, table := newMemoryStore()
			m := member(t, s)
			d := m.draft("it", c.content)
			d.Hint = c.hint
			if _, err := s.Append(t.Context(), d, &m.scanned); err != nil {
				t.Fatal(err)
			}
			if got := table.at(entryKey("room", 2)).text(attrPush); got != c.want {
				t.Errorf("marked %q, want %q", got, c.want)
			}
		})
	}
}

func TestDecodeImage(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 9, 0, 0, 7_000_000, time.UTC)
	for _, content := range []chat.Content{
		{Kind: chat.KindPosted, Text: "안녕 <b>", ReplyTo: 3, Mentions: []chat.UserID{"bob", "carol"}, All: true},
		{Kind: chat.KindReactionSet, Post: 4, Emoji: "👍"},
		{Kind: chat.KindJoined, User: "bob", Name: "밥", Role: chat.RoleMember},
		{Kind: chat.KindRemoved, User: "bob", Was: chat.RoleMember},
		{Kind: chat.KindSettingsChanged, Title: "방", Visibility: chat.Private},
		{Kind: chat.KindCreated, Title: "방", Visibility: chat.Public, Founders: []chat.Founder{{User: "amy", Name: "에이미", Role: chat.RoleOwner}}},
		{Kind: chat.KindRoomDeleted},
	} {
		t.Run(string(content.Kind), func(t *testing.T) {
			t.Parallel()
			want := chat.Entry{
				Room: "room", Seq: 12, At: at, Author: "amy", ID: "id", Counts: chat.Counts{Posts: 5, Alls: 1}, Content: content,
			}
			it := entryItem(&want)
			setPush(it, &chat.Draft{Hint: hintStream})
			got, err := DecodeImage(imageOf(t, it))
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
	if _, err := DecodeImage(nil); chat.CodeOf(err) != chat.CodeInternal {
		t.Errorf("an image of nothing: %v, want internal", err)
	}
}

// imageOf is the item as Lambda shows it: JSON, read by its own types.
func imageOf(t *testing.T, it item) map[string]events.DynamoDBAttributeValue {
	t.Helper()
	plain := map[string]any{}
	for name, v := range it {
		plain[name] = plainOf(v)
	}
	raw, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	var image map[string]events.DynamoDBAttributeValue
	if err := json.Unmarshal(raw, &image); err != nil {
		t.Fatal(err)
	}
	return image
}

func plainOf(v types.AttributeValue) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return map[string]any{"S": v.Value}
	case *types.AttributeValueMemberN:
		return map[string]any{"N": v.Value}
	case *types.AttributeValueMemberBOOL:
		return map[string]any{"BOOL": v.Value}
	case *types.AttributeValueMemberL:
		list := []any{}
		for _, element := range v.Value {
			list = append(list, plainOf(element))
		}
		return map[string]any{"L": list}
	case *types.AttributeValueMemberM:
		fields := map[string]any{}
		for name, field := range v.Value {
			fields[name] = plainOf(field)
		}
		return map[string]any{"M": fields}
	default:
		return nil
	}
}
