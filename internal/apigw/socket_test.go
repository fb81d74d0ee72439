package apigw_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// socketStory is one file of testdata/socket: an event as API Gateway sends it,
// and the answer.
type socketStory struct {
	About  string          `json:"about"`
	Event  json.RawMessage `json:"event"`
	Answer answer          `json:"answer"`
}

func TestSocket_Invoke_stories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/socket/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var story socketStory
			if err := json.Unmarshal(raw, &story); err != nil {
				t.Fatal(err)
			}
			t.Log(story.About)
			h := newHome(t, nil)
			h.saveUser(t, chat.User{ID: "mina", Name: "미나"})
			h.saveUser(t, chat.User{ID: "villain", Name: "악당", BannedAt: h.clock.Now()})
			if diff := cmp.Diff(story.Answer, h.invoke(t, story.Event)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if isIn := story.Answer.StatusCode == 200 && strings.HasPrefix(filepath.Base(file), "connect"); isIn != h.hasConnections(t) {
				t.Errorf("rows of a connection: %t, want %t", !isIn, isIn)
			}
		})
	}
}

func (h *home) saveUser(t *testing.T, u chat.User) {
	t.Helper()
	if _, err := h.store.SaveUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
}

// hasConnections reports whether somebody of the stories is connected.
func (h *home) hasConnections(t *testing.T) bool {
	t.Helper()
	n := 0
	for _, user := range []chat.UserID{"mina", "villain", "ghost", "c-a29hbGE", ""} {
		n += h.connections(t, user)
	}
	return n > 0
}

func TestSocket_Invoke_refusesWhatIsNoEvent(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	for _, payload := range []string{
		``, `[]`, `{}`, `{"requestContext":{"routeKey":"$default"}}`, `{"requestContext":{"routeKey":"dance","connectionId":"x="}}`,
	} {
		if answer, err := h.socket.Invoke(t.Context(), []byte(payload)); err == nil {
			t.Errorf("%q was answered: %s", payload, answer)
		}
	}
}

func TestSocket_connect(t *testing.T) {
	t.Parallel()
	t.Run("keeps the rows until the connection or the token ends", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		amy := h.arrive(t, "amy")
		rows, err := h.rows.ConnectionsOf(t.Context(), "amy")
		if err != nil {
			t.Fatal(err)
		}
		want := []apigw.Row{{
			User: "amy", Conn: amy.conn, Kind: apigw.KindMaru,
			ConnectedAt: amy.at, ExpiresAt: amy.at.Add(2*time.Hour + 5*time.Minute),
		}}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
	t.Run("leaves nothing behind when it refuses", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		h.saveUser(t, chat.User{ID: "bob", Name: "bob", BannedAt: h.clock.Now()})
		bob := &person{home: h, user: "bob", conn: "bob=", kind: apigw.KindMaru, at: h.clock.Now()}
		if a := bob.event(t, "$connect", ""); a.StatusCode != 403 || h.connections(t, "bob") != 0 {
			t.Errorf("answered %+v, %d connections", a, h.connections(t, "bob"))
		}
	})
	t.Run("refuses when the row cannot be written", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		h.saveUser(t, chat.User{ID: "bob", Name: "bob"})
		h.rows.Fail(errors.New("no table"))
		bob := &person{home: h, user: "bob", conn: "bob=", kind: apigw.KindMaru, at: h.clock.Now()}
		if a := bob.event(t, "$connect", ""); a.StatusCode != 503 {
			t.Errorf("answered %+v, want 503", a)
		}
	})
}

func TestSocket_connect_makesWay(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	h.socket.PerUser = 3
	var pages []*person
	for range 4 {
		pages = append(pages, h.arrive(t, "amy"))
		h.clock.Advance(time.Minute)
	}
	h.arrive(t, "bob")
	for i, page := range pages {
		if isOpen := h.gateway.IsOpen(page.conn); isOpen != (i > 0) {
			t.Errorf("page %d is open: %t", i, isOpen)
		}
	}
	if n := h.connections(t, "amy"); n != 3 {
		t.Errorf("%d rows of amy's", n)
	}
}

func TestSocket_disconnect(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	amy, bob := h.join(t, room, "amy"), h.join(t, room, "bob")
	for range 2 { // it may come late, or after another has met the dead connection
		if a := bob.event(t, "$disconnect", ""); a.StatusCode != 200 {
			t.Errorf("answered %+v", a)
		}
	}
	if h.listens(t, room, bob.conn) || h.connections(t, "bob") != 0 || !h.listens(t, room, amy.conn) {
		t.Error("rows of bob's connection stay, or amy's are gone")
	}
	h.gateway.Reset()
	amy.send(t, h.post(t, room, "first"))
	if posts := h.gateway.Counts().Posts; posts != 0 {
		t.Errorf("%d pushes after it", posts)
	}
}

// Answers that do not fit in one message come in several, none out of its place.
func TestSocket_splitsLongAnswers(t *testing.T) {
	t.Parallel()
	h := newHome(t, nil)
	amy := h.join(t, room, "amy")
	for i := range 12 {
		post := h.post(t, room, chat.EntryID(rune('a'+i)))
		post.Text = strings.Repeat("가", chat.MaxText)
		amy.send(t, post)
	}
	h.gateway.Reset()
	var ask []wire.ClientFrame
	for range 4 {
		ask = append(ask, &wire.Entries{InRoom: in(room)}, &wire.Heartbeat{Cursors: map[chat.RoomID]wire.Cursor{}})
	}
	inResponse := amy.send(t, ask...)
	pushed := h.gateway.Messages(amy.conn)
	if len(pushed) == 0 || len(inResponse) == 0 {
		t.Fatalf("%d messages ahead and %d frames in the response", len(pushed), len(inResponse))
	}
	for _, message := range pushed {
		if len(message) > wire.MaxMessage {
			t.Errorf("a message of %d bytes", len(message))
		}
	}
	var kinds []string
	for _, f := range append(framesOf(t, pushed...), inResponse...) {
		kinds = append(kinds, f.Type())
	}
	want := []string{
		"entries.listed", "heads.listed", "entries.listed", "heads.listed",
		"entries.listed", "heads.listed", "entries.listed", "heads.listed",
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

// classicRoom and classicUser are "거실" and "koala" as Maru knows them.
const (
	classicRoom chat.RoomID = "c-6rGw7Iuk"
	classicUser chat.UserID = "c-a29hbGE"
)

func (h *home) classic(t *testing.T) *person {
	t.Helper()
	p := &person{
		home: h, user: classicUser, conn: "koala=", kind: apigw.KindClassic, room: classicRoom,
		at: h.clock.Now().Add(-time.Minute),
	}
	p.connect(t)
	return p
}

func TestSocket_classic(t *testing.T) {
	t.Parallel()
	t.Run("is told of posts, one object a message", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		koala := h.classic(t)
		if !h.listens(t, classicRoom, koala.conn) {
			t.Fatal("it does not listen to its room")
		}
		sent, present, err := h.service.ClassicSend(t.Context(), chat.Classic{
			Room: "거실", User: "panda", Name: "판다", Address: "203.0.113.7",
		}, "밥 <먹었어>?")
		if err != nil || len(present) != 1 || present[0].Conn != koala.conn {
			t.Fatalf("present %+v, %v", present, err)
		}
		want := []string{wireClassic(t, &sent, "판다")}
		if diff := cmp.Diff(want, h.gateway.Messages(koala.conn)); diff != "" {
			t.Errorf("koala was sent (-want +got):\n%s", diff)
		}
	})
	t.Run("is heard in silence", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		koala := h.classic(t)
		for _, message := range []string{`{"message":"ping"}`, `nonsense`, ``} {
			if a := koala.event(t, "$default", message); a.StatusCode != 200 || a.Body != "" {
				t.Errorf("%s was answered %+v", message, a)
			}
		}
		if got := h.gateway.Messages(koala.conn); len(got) != 0 {
			t.Errorf("koala was sent %q", got)
		}
	})
	t.Run("is refused when banned, and leaves nothing behind", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		h.saveUser(t, chat.User{ID: classicUser, Name: "koala", BannedAt: h.clock.Now()})
		koala := &person{home: h, user: classicUser, conn: "koala=", kind: apigw.KindClassic, room: classicRoom, at: h.clock.Now()}
		if a := koala.event(t, "$connect", ""); a.StatusCode != 403 || h.connections(t, classicUser) != 0 {
			t.Errorf("answered %+v, %d connections", a, h.connections(t, classicUser))
		}
	})
	t.Run("is told nothing of its own connect, nor of edits", func(t *testing.T) {
		t.Parallel()
		h := newHome(t, nil)
		koala := h.classic(t)
		amy := h.arrive(t, "amy")
		if _, err := h.service.Join(t.Context(), "amy", chat.Write{Room: classicRoom}); err != nil {
			t.Fatal(err)
		}
		amy.send(t, &wire.Join{InRoom: in(classicRoom)})
		post := h.post(t, classicRoom, "first")
		amy.send(t, post)
		amy.send(t, &wire.Edit{PostChange: wire.PostChange{
			Change: wire.Change{InRoom: in(classicRoom), ID: "edit", Since: post.Since}, Post: 3,
		}, Text: "고침"})
		if got := h.gateway.Messages(koala.conn); len(got) != 1 {
			t.Errorf("koala was sent %q, want the post alone", got)
		}
	})
}

// wireClassic spells the object out, so that an error in package wire shows.
func wireClassic(t *testing.T, e *chat.Entry, name string) string {
	t.Helper()
	return `{"room_id":"거실","timestamp":` + string(mustJSON(t, e.At.UnixMilli())) +
		`,"message":"` + e.Text + `","user_id":"panda","name":"` + name + `"}`
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
