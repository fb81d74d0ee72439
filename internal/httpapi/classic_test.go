package httpapi

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

func put(room, user, text string) request {
	body, _ := json.Marshal(map[string]string{"room_id": room, "text": text, "user_id": user, "name": user + " Kim"})
	return request{method: "PUT", path: "/chat", body: string(body)}
}

func TestClassic(t *testing.T) {
	t.Parallel()

	t.Run("GET returns what was PUT, oldest first, with rising times", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		for i := range 60 { // more than one page of history
			must[[]classicConnection](s, put("점심 방", "mina", "text "+strconv.Itoa(i)))
		}
		messages := must[[]wire.ClassicMessage](s, request{method: "GET", path: "/chat?room_id=" + url.QueryEscape("점심 방")})
		if len(messages) != 60 {
			t.Fatalf("%d messages, want 60", len(messages))
		}
		for i, m := range messages {
			want := wire.ClassicMessage{RoomID: "점심 방", Timestamp: m.Timestamp, Message: "text " + strconv.Itoa(i), UserID: "mina", Name: "mina Kim"}
			if diff := cmp.Diff(want, m); diff != "" {
				t.Fatalf("message %d (-want +got):\n%s", i, diff)
			}
			if i > 0 && m.Timestamp <= messages[i-1].Timestamp {
				t.Fatalf("message %d: time %d after %d", i, m.Timestamp, messages[i-1].Timestamp)
			}
		}
	})

	t.Run("HTML is not escaped", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		const text = "<b>\u2028&</b>"
		must[[]classicConnection](s, put("lobby", "mina", text))
		if w := s.do(request{method: "GET", path: "/chat?room_id=lobby"}); !strings.Contains(w.Body.String(), text) {
			t.Errorf("%s lacks %q", w.Body, text)
		}
	})

	t.Run("an empty room is an empty array", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		if w := s.do(request{method: "GET", path: "/chat?room_id=nobody"}); w.Code != 200 || w.Body.String() != "[]" {
			t.Errorf("%d %s, want 200 []", w.Code, w.Body)
		}
	})

	t.Run("PUT answers with who is connected", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		room, _ := chat.ClassicRoom("lobby")
		user, _ := chat.ClassicUser("mina")
		for conn, who := range map[chat.ConnID]chat.UserID{"conn1": user, "conn2": "maru-user"} {
			if err := s.service.Audience.Subscribe(t.Context(), conn, who, room); err != nil {
				t.Fatal(err)
			}
		}
		since := s.service.Clock.Now().UnixMilli()
		got := must[[]classicConnection](s, put("lobby", "mina", "hello"))
		want := []classicConnection{
			{ConnectionID: "conn1", RoomID: "lobby", UserID: "mina", Timestamp: since},
			{ConnectionID: "conn2", RoomID: "lobby", UserID: "maru-user", Timestamp: since},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	t.Run("GET, PUT and HEAD also answer below a stage", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		q := put("lobby", "mina", "hello")
		q.path = "/dev/chat"
		must[any](s, q)
		if got := must[[]wire.ClassicMessage](s, request{method: "GET", path: "/prod/chat?room_id=lobby"}); len(got) != 1 {
			t.Errorf("%d messages, want 1", len(got))
		}
		if w := s.do(request{method: "HEAD", path: "/chat?room_id=lobby"}); w.Code != 200 {
			t.Errorf("HEAD: %d, want 200", w.Code)
		}
	})

	t.Run("a numeric user_id names the same user as its text, and no content type is needed", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		for _, id := range []string{`7`, `"7"`} {
			q := request{method: "PUT", path: "/chat", body: `{"room_id":"lobby","text":"hi","user_id":` + id + `,"name":"Seven"}`, headers: map[string]string{"Content-Type": ""}}
			must[any](s, q)
		}
		got := must[[]wire.ClassicMessage](s, request{method: "GET", path: "/chat?room_id=lobby"})
		if len(got) != 2 || got[0].UserID != "7" || got[1].UserID != "7" {
			t.Errorf("messages %+v, want two of user 7", got)
		}
	})

	t.Run("a user_id of another type is refused", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		for _, id := range []string{`null`, `true`, `[7]`, `{}`, `""`, `7x`} {
			p, _ := s.refused(request{method: "PUT", path: "/chat", body: `{"room_id":"lobby","text":"hi","user_id":` + id + `}`})
			if p.Code != chat.CodeInvalid {
				t.Errorf("user_id %s: %s, want invalid", id, p.Code)
			}
		}
	})

	t.Run("deleted posts are left out", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		must[any](s, put("lobby", "mina", "stays"))
		must[any](s, put("lobby", "mina", "goes"))
		user, _ := chat.ClassicUser("mina")
		room, _ := chat.ClassicRoom("lobby")
		if _, err := s.service.Delete(t.Context(), user, chat.Delete{Write: chat.Write{Room: room}, Post: 3}); err != nil {
			t.Fatal(err)
		}
		got := must[[]wire.ClassicMessage](s, request{method: "GET", path: "/chat?room_id=lobby"})
		if len(got) != 1 || got[0].Message != "stays" {
			t.Errorf("messages %+v, want only what stays", got)
		}
	})

	t.Run("members of Maru use the room like any other", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		must[any](s, put("lobby", "mina", "hello"))
		joon := s.signUp("Joon")
		list := must[RoomList](s, request{method: "GET", path: "/rooms/public", as: joon})
		if len(list.Rooms) != 1 || list.Rooms[0].Room.Title != "lobby" {
			t.Fatalf("public rooms %+v, want lobby", list.Rooms)
		}
		id := string(list.Rooms[0].Room.ID)
		must[any](s, request{method: "POST", path: "/rooms/" + id + "/join", as: joon})
		s.post(joon, id, "hi from Maru")
		got := must[[]wire.ClassicMessage](s, request{method: "GET", path: "/chat?room_id=lobby"})
		if len(got) != 2 || got[1].Name != "Joon" || got[1].UserID != joon {
			t.Errorf("messages %+v, want Joon's last", got)
		}
	})

	t.Run("a classic room_id reaches classic rooms only", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		s.createRoom(s.signUp("Mina"), "room", chat.Private)
		must[any](s, put("room", "mina", "hello"))
		if got := must[[]wire.ClassicMessage](s, request{method: "GET", path: "/chat?room_id=room"}); len(got) != 1 {
			t.Errorf("%d messages, want the classic room's one", len(got))
		}
	})

	t.Run("nothing of it answers when it is switched off", func(t *testing.T) {
		t.Parallel()
		s := newServer(t, func(o *Options) { o.Classic, o.Page = false, nil })
		for _, q := range []request{put("lobby", "mina", "hi"), {method: "GET", path: "/chat?room_id=lobby"}} {
			p, header := s.refused(q)
			if p.Status != 404 || header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: %d %v, want 404 and closed to other pages", q.method, p.Status, header)
			}
		}
	})

	t.Run("PUTs are limited by address", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		s.service.Rates.Writes = chat.Rate{Burst: 5, Every: time.Minute}
		for i := range 5 {
			must[any](s, put("lobby", "user"+strconv.Itoa(i), "hi"))
		}
		if p, header := s.refused(put("lobby", "joon", "hi")); p.Status != 429 || header.Get("Retry-After") == "" {
			t.Errorf("%+v, want 429 and when to try again", p)
		}
	})
}

// lambdaResponse is what a function hands to API Gateway, which bounds it.
type lambdaResponse struct {
	StatusCode int    `json:"statusCode"`
	Body       string `json:"body"`
}

func TestClassic_size(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	// The worst case for the encoding: every character of the text takes six bytes in
	// JSON, and more in the JSON around that.
	text := strings.Repeat("\"\\<", 1300)
	const count = 600
	for i := range count {
		must[any](s, put("big", "mina", fmt.Sprintf("%03d %s", i, text)))
	}
	seen := 0
	path := "/chat?room_id=big"
	for pages := 1; path != ""; pages++ {
		w := s.do(request{method: "GET", path: path})
		encoded, err := json.Marshal(lambdaResponse{StatusCode: w.Code, Body: w.Body.String()})
		if err != nil || len(encoded) > maxClassicBytes+1000 {
			t.Fatalf("page %d is %d bytes for a Lambda, %v; want at most 4 MB", pages, len(encoded), err)
		}
		var messages []wire.ClassicMessage
		if err := json.Unmarshal(w.Body.Bytes(), &messages); err != nil || len(messages) == 0 {
			t.Fatalf("page %d: %d messages, %v", pages, len(messages), err)
		}
		link := w.Header().Get("Link")
		if link != "" && len(encoded) < maxClassicBytes-50_000 {
			t.Errorf("page %d has %d bytes and yet a rest", pages, len(encoded))
		}
		seen += len(messages)
		if first := messages[0].Message[:3]; first != fmt.Sprintf("%03d", count-seen) {
			t.Fatalf("page %d begins with message %s, want %03d", pages, first, count-seen)
		}
		path = ""
		if link != "" {
			path = "/chat" + strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
		}
	}
	if seen != count {
		t.Errorf("the pages hold %d messages, want %d", seen, count)
	}
}

// Anybody may ask for a long room: such requests wait for their turn, those for short
// rooms do not.
func TestClassic_long_reads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		for i := range maxShortPages*chat.MaxHistory + 1 {
			must[any](s, put("long", "mina", strconv.Itoa(i)))
		}
		must[any](s, put("short", "mina", "hi"))
		get := func(room string) request { return request{method: "GET", path: "/chat?room_id=" + room} }
		for range maxLongReads { // others read
			s.longReads <- struct{}{}
		}
		if got := must[[]wire.ClassicMessage](s, get("short")); len(got) != 1 {
			t.Errorf("a short room has %d messages, want 1", len(got))
		}
		begun := time.Now()
		if p, _ := s.refused(get("long")); p.Status != 503 || p.RetryAfterMS == 0 || time.Since(begun) != longReadWait {
			t.Errorf("after %v: %+v, want 503 and when to try again after %v", time.Since(begun), p, longReadWait)
		}
		time.AfterFunc(time.Second, func() { <-s.longReads })
		for range 2 { // its place is free again
			if got := must[[]wire.ClassicMessage](s, get("long")); len(got) != maxShortPages*chat.MaxHistory+1 {
				t.Errorf("the long room has %d messages", len(got))
			}
		}
	})
}
