package record_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/record"
)

// fixed are entries and their bytes, which are the same in every version of Maru:
// a change here orphans what is stored.
var fixed = []struct {
	name  string
	entry chat.Entry
	line  string
}{
	{
		"a plain post",
		chat.Entry{
			Room: "r", Seq: 2, At: time.UnixMilli(1772355600123).UTC(), Author: "u", ID: "e",
			Counts: chat.Counts{Posts: 1}, Content: chat.Content{Kind: chat.KindPosted, Text: "점심 <b> & \"짬뽕\"\n\u2028👍"},
		},
		`{"v":1,"room":"r","seq":2,"at":1772355600123,"by":"u","id":"e","kind":"posted","posts":1,"text":"점심 <b> & \"짬뽕\"\n\u2028👍"}`,
	},
	{
		"a post with everything",
		chat.Entry{
			Room: "r", Seq: 3, At: time.UnixMilli(1).UTC(), Author: "u", ID: "e", Counts: chat.Counts{Posts: 2, Alls: 1},
			Content: chat.Content{Kind: chat.KindPosted, Text: "x", ReplyTo: 2, Mentions: []chat.UserID{"b", "a"}, All: true},
		},
		`{"v":1,"room":"r","seq":3,"at":1,"by":"u","id":"e","kind":"posted","posts":2,"alls":1,"text":"x","reply":2,"mentions":["b","a"],"all":true}`,
	},
	{
		"an erased post",
		chat.Entry{Room: "r", Seq: 2, At: time.UnixMilli(1).UTC(), Author: "u", ID: "e", Counts: chat.Counts{Posts: 1}, Content: chat.Content{Kind: chat.KindPosted}},
		`{"v":1,"room":"r","seq":2,"at":1,"by":"u","id":"e","kind":"posted","posts":1}`,
	},
	{
		"a creation",
		chat.Entry{
			Room: "r", Seq: 1, At: time.UnixMilli(1).UTC(), Author: "u", ID: "e",
			Content: chat.Content{
				Kind: chat.KindCreated, Title: "마루", Visibility: chat.Direct,
				Founders: []chat.Founder{{User: "u", Name: "가람", Role: chat.RoleOwner}, {User: "w"}},
			},
		},
		`{"v":1,"room":"r","seq":1,"at":1,"by":"u","id":"e","kind":"created","title":"마루","visibility":"direct","founders":[{"user":"u","name":"가람","role":"owner"},{"user":"w"}]}`,
	},
	{
		"a reaction",
		chat.Entry{Room: "r", Seq: 4, At: time.UnixMilli(1).UTC(), Author: "u", ID: "e", Content: chat.Content{Kind: chat.KindReactionSet, Post: 2, Emoji: "👍🏽"}},
		`{"v":1,"room":"r","seq":4,"at":1,"by":"u","id":"e","kind":"reaction_set","post":2,"emoji":"👍🏽"}`,
	},
	{
		"a new role",
		chat.Entry{Room: "r", Seq: 5, At: time.UnixMilli(1).UTC(), Author: "u", ID: "e", Content: chat.Content{Kind: chat.KindRoleSet, User: "w", Name: "n", Role: chat.RoleReader, Was: chat.RoleOwner}},
		`{"v":1,"room":"r","seq":5,"at":1,"by":"u","id":"e","kind":"role_set","user":"w","name":"n","role":"reader","was":"owner"}`,
	},
}

func TestMarshal(t *testing.T) {
	for _, c := range fixed {
		t.Run("writes "+c.name, func(t *testing.T) {
			line, err := record.Marshal(&c.entry)
			if err != nil || string(line) != c.line {
				t.Errorf("got %s, %v\nwant %s", line, err, c.line)
			}
			entry, err := record.Unmarshal([]byte(c.line))
			if diff := cmp.Diff(c.entry, entry); err != nil || diff != "" {
				t.Errorf("read back: %v\n%s", err, diff)
			}
		})
	}
	for name, breakIt := range map[string]func(*chat.Entry){
		"an unknown kind":           func(e *chat.Entry) { e.Kind = "poked" },
		"a reserved kind":           func(e *chat.Entry) { e.Kind = chat.KindReported },
		"no kind":                   func(e *chat.Entry) { e.Kind = "" },
		"seq 0":                     func(e *chat.Entry) { e.Seq = 0 },
		"no room":                   func(e *chat.Entry) { e.Room = "" },
		"an author that is no id":   func(e *chat.Entry) { e.Author = "a b" },
		"an id that is too long":    func(e *chat.Entry) { e.ID = chat.EntryID(strings.Repeat("x", 65)) },
		"text that is not UTF-8":    func(e *chat.Entry) { e.Text = "\xff" },
		"a mention not in UTF-8":    func(e *chat.Entry) { e.Mentions = []chat.UserID{"\xff"} },
		"a founder not in UTF-8":    func(e *chat.Entry) { e.Founders = []chat.Founder{{User: "u", Name: "\xff"}} },
		"a title that is cut short": func(e *chat.Entry) { e.Title = "마"[:2] },
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			e := fixed[0].entry
			breakIt(&e)
			if line, err := record.Marshal(&e); chat.CodeOf(err) != chat.CodeInternal || err == nil {
				t.Errorf("got %s, %v", line, err)
			}
		})
	}
}

func TestUnmarshal_Refuses(t *testing.T) {
	const ok = `{"v":1,"room":"r","seq":2,"at":1,"by":"u","id":"e","kind":"deleted","post":1}`
	if _, err := record.Unmarshal([]byte(ok)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ line, says string }{
		"a newer version":        {`{"v":2,"room":"r","seq":2,"new":{}}`, "version 2"},
		"no version":             {strings.Replace(ok, `"v":1,`, "", 1), "version 0"},
		"an unknown kind":        {strings.Replace(ok, "deleted", "poked", 1), `unknown kind "poked"`},
		"an unknown field":       {strings.Replace(ok, `"post":1`, `"post":1,"x":1`, 1), "unknown field"},
		"another order":          {strings.Replace(ok, `"room":"r","seq":2`, `"seq":2,"room":"r"`, 1), "canonical"},
		"a field twice":          {strings.Replace(ok, `"seq":2`, `"seq":1,"seq":2`, 1), "canonical"},
		"another case":           {strings.Replace(ok, `"seq"`, `"Seq"`, 1), "canonical"},
		"blanks":                 {strings.Replace(ok, ",", ", ", 1), "canonical"},
		"a line break":           {ok + "\n", "canonical"},
		"an empty field":         {strings.Replace(ok, `"post":1`, `"text":"","post":1`, 1), "canonical"},
		"two objects":            {ok + ok, "decode"},
		"a fraction":             {strings.Replace(ok, `"seq":2`, `"seq":2.5`, 1), "decode"},
		"a seq beyond 64 bits":   {strings.Replace(ok, `"seq":2`, `"seq":92233720368547758070`, 1), "decode"},
		"bytes that are no text": {strings.Replace(ok, `"post":1`, "\"text\":\"\xff\",\"post\":1", 1), "canonical"},
		"half an object":         {ok[:len(ok)-4], "decode"},
		"nothing":                {"", "decode"},
		"null":                   {"null", "version 0"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := record.Unmarshal([]byte(c.line))
			if chat.CodeOf(err) != chat.CodeInternal || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want it to say %q", err, c.says)
			}
		})
	}
}

func TestMarshal_RoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawEntry(t)
		line, err := record.Marshal(&want)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(string(line), "\n\r") {
			t.Fatalf("more than one line: %q", line)
		}
		got, err := record.Unmarshal(line)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("%s: %v\n%s", line, err, diff)
		}
	})
}

func drawEntry(t *rapid.T) chat.Entry {
	id := rapid.StringMatching(`[A-Za-z0-9_-]{1,64}`)
	text := rapid.String()
	role := rapid.SampledFrom([]chat.Role{chat.RoleNone, chat.RoleReader, chat.RoleMember, chat.RoleModerator, chat.RoleOwner})
	seq := rapid.Int64Range(0, 999_999_999_999)
	e := chat.Entry{
		Room: chat.RoomID(id.Draw(t, "room")), Seq: chat.Seq(seq.Draw(t, "seq") + 1),
		At:     time.UnixMilli(rapid.Int64Range(0, 1<<45).Draw(t, "at")).UTC(),
		Author: chat.UserID(id.Draw(t, "author")), ID: chat.EntryID(id.Draw(t, "id")),
		Counts: chat.Counts{Posts: seq.Draw(t, "posts"), Alls: seq.Draw(t, "alls")},
		Content: chat.Content{
			Kind: rapid.SampledFrom(chat.Kinds).Draw(t, "kind"), Text: text.Draw(t, "text"),
			ReplyTo: chat.Seq(seq.Draw(t, "reply")), All: rapid.Bool().Draw(t, "all"),
			Post: chat.Seq(seq.Draw(t, "post")), Emoji: text.Draw(t, "emoji"), User: chat.UserID(id.Draw(t, "user")),
			Name: text.Draw(t, "name"), Role: role.Draw(t, "role"), Was: role.Draw(t, "was"), Title: text.Draw(t, "title"),
			Visibility: rapid.SampledFrom([]chat.Visibility{"", chat.Public, chat.Private, chat.Direct}).Draw(t, "visibility"),
		},
	}
	for _, user := range rapid.SliceOfN(id, 0, 3).Draw(t, "mentions") {
		e.Mentions = append(e.Mentions, chat.UserID(user))
	}
	for _, user := range rapid.SliceOfN(id, 0, 2).Draw(t, "founders") {
		e.Founders = append(e.Founders, chat.Founder{User: chat.UserID(user), Name: text.Draw(t, "founder"), Role: role.Draw(t, "founder's role")})
	}
	return e
}

// FuzzUnmarshal checks that Marshal writes whatever Unmarshal accepts as the same
// bytes.
func FuzzUnmarshal(f *testing.F) {
	for _, c := range fixed {
		f.Add([]byte(c.line))
		f.Add([]byte(strings.Replace(c.line, `"v":1`, `"v":2`, 1)))
		f.Add([]byte(c.line + " "))
	}
	f.Add([]byte(`{"v":1,"room":"r","seq":1e3,"at":-1,"by":"u","id":"e","kind":"deleted"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := record.Unmarshal(line)
		if err != nil {
			return
		}
		again, err := record.Marshal(&e)
		if err != nil || string(again) != string(line) {
			t.Errorf("%q was read as %+v and written as %q, %v", line, e, again, err)
		}
	})
}
