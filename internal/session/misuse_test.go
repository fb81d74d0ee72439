package session_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// row is how one action is misused.
type row struct {
	// fields are those of a frame that would be carried out; SINCE stands for
	// the lobby's head and POST for a post in it.
	fields string
	// long replaces or adds fields so that one is too long.
	long     string
	longCode chat.Code
	// foreign is how a private room of others answers; "" for a frame that
	// answers as if there were no such room, which foreignNote explains.
	foreign     chat.Code
	foreignNote string
}

var (
	longID   = strings.Repeat("i", chat.MaxEntryID+1)
	longText = strings.Repeat("가", chat.MaxText+1)
	onPost   = `"room":"lobby","id":"new","since":SINCE,"post":POST`
)

// misuses is the table of every frame against {missing, wrong type, too long,
// bad UTF-8, foreign room, expired token}. The columns that are the same for
// all frames are made by the test from the row's fields.
var misuses = map[string]row{
	"join":        {fields: `"room":"lobby"`, long: `"room":"` + strings.Repeat("r", chat.MaxID+1) + `"`, longCode: chat.CodeInvalid, foreign: chat.CodeNotFound},
	"unsubscribe": {fields: `"room":"lobby"`, long: `"room":"` + strings.Repeat("r", chat.MaxID+1) + `"`, longCode: chat.CodeInvalid, foreignNote: "to stop what never was is done already, and says nothing of the room"},
	"entries":     {fields: `"room":"lobby","cursor":"0"`, long: `"cursor":"1234567890123.00000000"`, longCode: chat.CodeInvalid, foreign: chat.CodeNotFound},
	"send":        {fields: `"room":"lobby","id":"new","since":SINCE,"text":"x"`, long: `"text":"` + longText + `"`, longCode: chat.CodeTooLarge, foreign: chat.CodeNotFound},
	"edit":        {fields: onPost + `,"text":"x"`, long: `"text":"` + longText + `"`, longCode: chat.CodeTooLarge, foreign: chat.CodeNotFound},
	"delete":      {fields: onPost, long: `"id":"` + longID + `"`, longCode: chat.CodeInvalid, foreign: chat.CodeNotFound},
	"react":       {fields: onPost + `,"emoji":"👍"`, long: `"emoji":"` + strings.Repeat("👍", 9) + `"`, longCode: chat.CodeInvalid, foreign: chat.CodeNotFound},
	"unreact":     {fields: onPost + `,"emoji":"👍"`, long: `"emoji":"` + strings.Repeat("👍", 9) + `"`, longCode: chat.CodeInvalid, foreign: chat.CodeNotFound},
	"pin":         {fields: onPost, long: `"id":"` + longID + `"`, longCode: chat.CodeInvalid, foreign: chat.CodeNotFound},
	"unpin":       {fields: onPost, long: `"id":"` + longID + `"`, longCode: chat.CodeInvalid, foreign: chat.CodeNotFound},
	"topic":       {fields: `"room":"lobby","id":"new","since":SINCE,"text":"x"`, long: `"text":"` + strings.Repeat("가", chat.MaxTopic+1) + `"`, longCode: chat.CodeTooLarge, foreign: chat.CodeNotFound},
	"mark":        {fields: `"room":"lobby","cursor":SINCE`, long: `"cursor":"1234567890123.00000000"`, longCode: chat.CodeInvalid, foreign: chat.CodeNotFound},
	"typing":      {fields: `"room":"lobby"`, long: `"room":"` + strings.Repeat("r", chat.MaxID+1) + `"`, longCode: chat.CodeInvalid, foreign: chat.CodeNotFound},
	"presence":    {fields: `"room":"lobby"`, long: `"room":"` + strings.Repeat("r", chat.MaxID+1) + `"`, longCode: chat.CodeInvalid, foreign: chat.CodeNotFound},
	"heartbeat":   {fields: `"cursors":{"lobby":SINCE}`, long: `"cursors":{` + manyCursors() + `}`, longCode: chat.CodeTooLarge, foreignNote: "it lists no room of others"},
	"hide":        {fields: `"hidden":true`, long: `"ref":"` + strings.Repeat("r", wire.MaxRef+1) + `"`, longCode: chat.CodeInvalid, foreignNote: "it is about no room"},
}

func manyCursors() string {
	var cursors []string
	for i := range chat.MaxRooms + 1 {
		cursors = append(cursors, fmt.Sprintf(`"room-%d":"0"`, i))
	}
	return strings.Join(cursors, ",")
}

// secret is a private room that the misusing peer is no member of.
const secret chat.RoomID = "secret"

// misused is a world in which a misuse can be seen to change nothing.
func misused(t *testing.T) (w *world, frame func(action string) map[string]json.RawMessage) {
	t.Helper()
	w = newWorld(t)
	w.create(t, w.bob, secret, chat.Private)
	post := w.post(t, w.alice, "p", "hello")
	w.say(t, w.alice, `{"action":"join","ref":"1","room":"lobby"}`)
	since := fmt.Sprintf("%q", w.head(t))
	return w, func(action string) map[string]json.RawMessage {
		text := strings.NewReplacer("SINCE", since, "POST", fmt.Sprint(post)).Replace(misuses[action].fields)
		return fieldsOf(t, fmt.Sprintf(`{"action":%q,"ref":"x",%s}`, action, text))
	}
}

func fieldsOf(t *testing.T, text string) map[string]json.RawMessage {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return fields
}

func lineOf(t *testing.T, fields map[string]json.RawMessage) string {
	t.Helper()
	line, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

func TestHandler_refusesMisuse(t *testing.T) {
	t.Parallel()
	var actions []string
	for _, f := range wire.ClientFrames() {
		actions = append(actions, f.Action())
	}
	slices.Sort(actions)
	if diff := cmp.Diff(actions, slices.Sorted(maps.Keys(misuses))); diff != "" {
		t.Fatalf("the table and the frames differ:\n%s", diff)
	}
	for _, action := range actions {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			t.Run("is carried out as it stands in the table", func(t *testing.T) { carriesOut(t, action) })
			t.Run("missing", func(t *testing.T) { refusesMissing(t, action) })
			t.Run("wrong type", func(t *testing.T) { refusesWrongTypes(t, action) })
			t.Run("too long", func(t *testing.T) { refusesTooLong(t, action) })
			t.Run("bad UTF-8", func(t *testing.T) { refusesBadText(t, action) })
			t.Run("foreign room", func(t *testing.T) { refusesForeignRoom(t, action) })
			t.Run("expired token", func(t *testing.T) { refusesExpiredToken(t, action) })
		})
	}
}

func carriesOut(t *testing.T, action string) {
	w, frame := misused(t)
	for _, f := range w.say(t, w.alice, lineOf(t, frame(action))) {
		if f.Type() == "error" {
			t.Errorf("answered %+v", f)
		}
	}
}

// refuses says line and then a frame that is in order: the first gets the code,
// the second is carried out, and nothing is changed.
func (w *world) refuses(t *testing.T, line string, code chat.Code) *wire.Error {
	t.Helper()
	before := w.state(t)
	const good = `{"action":"presence","ref":"good","room":"lobby"}`
	frames := w.say(t, w.alice, line, good)
	if len(frames) != 2 {
		t.Fatalf("%.200s\nhas %d answers: %+v", line, len(frames), frames)
	}
	refused, is := frames[0].(*wire.Error)
	if !is || refused.Code != code || refused.Message == "" {
		t.Errorf("%.200s\nis answered by %+v, want the code %s", line, frames[0], code)
	}
	if listed, is := frames[1].(*wire.PresenceListed); !is || listed.Ref != "good" {
		t.Errorf("the frame after it is answered by %+v", frames[1])
	}
	if diff := cmp.Diff(before, w.state(t)); diff != "" {
		t.Errorf("%.200s\nchanged\n%s", line, diff)
	}
	return refused
}

// state is all that a frame could change.
func (w *world) state(t *testing.T) map[string]any {
	t.Helper()
	marks, err := w.Memory.Marks(t.Context(), w.alice.User)
	if err != nil {
		t.Fatal(err)
	}
	present, err := w.Audience.Present(t.Context(), lobby)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := w.Audience.Present(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{
		"lobby": w.headOf(t, lobby), "secret": w.headOf(t, secret), "marks": marks,
		"present": present, "elsewhere": elsewhere, "delivered": len(w.Audience.Delivered()),
	}
}

func refusesMissing(t *testing.T, action string) {
	w, frame := misused(t)
	for field := range frame(action) {
		if field == "ref" {
			continue // not required
		}
		fields := frame(action)
		delete(fields, field)
		got := w.refuses(t, lineOf(t, fields), chat.CodeInvalid)
		if got.Ref != "x" || !strings.Contains(got.Message, field+" is missing") {
			t.Errorf("without %s: %+v", field, got)
		}
	}
}

func refusesWrongTypes(t *testing.T, action string) {
	w, frame := misused(t)
	all := []string{`true`, `1.5`, `"text"`, `[[]]`, `{"a":{}}`}
	for field, right := range frame(action) {
		for _, wrong := range all {
			if wrong[0] == right[0] || field == "hidden" && wrong == "true" {
				continue
			}
			fields := frame(action)
			fields[field] = json.RawMessage(wrong)
			got := w.refuses(t, lineOf(t, fields), chat.CodeInvalid)
			if !strings.Contains(got.Message, field) {
				t.Errorf("%s: %s gets %+v", field, wrong, got)
			}
		}
	}
}

func refusesTooLong(t *testing.T, action string) {
	w, frame := misused(t)
	fields := frame(action)
	maps.Copy(fields, fieldsOf(t, "{"+misuses[action].long+"}"))
	w.refuses(t, lineOf(t, fields), misuses[action].longCode)
}

func refusesBadText(t *testing.T, action string) {
	w, frame := misused(t)
	for _, bad := range []string{"\xff", "\xed\xa0\x80", `\ud800`, `\udc00\ud800`} {
		line := lineOf(t, frame(action))
		w.refuses(t, strings.Replace(line, `"ref":"x"`, `"ref":"x`+bad+`"`, 1), chat.CodeInvalid)
	}
}

func refusesForeignRoom(t *testing.T, action string) {
	w, frame := misused(t)
	expected := misuses[action]
	fields := frame(action)
	if fields["room"] != nil {
		fields["room"] = json.RawMessage(`"secret"`)
	}
	if fields["cursors"] != nil {
		fields["cursors"] = json.RawMessage(`{"secret":"0"}`)
	}
	if expected.foreign != "" {
		got := w.refuses(t, lineOf(t, fields), expected.foreign)
		fields["room"] = json.RawMessage(`"nowhere"`)
		absent := w.refuses(t, lineOf(t, fields), expected.foreign)
		if got.Message != absent.Message || got.Head != nil {
			t.Errorf("a foreign room gets %+v, an absent one %+v", got, absent)
		}
		return
	}
	if expected.foreignNote == "" {
		t.Fatal("the table does not say how a foreign room is answered")
	}
	for _, f := range w.say(t, w.alice, lineOf(t, fields)) {
		if listed, is := f.(*wire.HeadsListed); is && len(listed.Heads) > 0 || f.Type() == "error" {
			t.Errorf("answered %+v", f)
		}
	}
}

func refusesExpiredToken(t *testing.T, action string) {
	w, frame := misused(t)
	before := w.state(t)
	late := w.alice
	late.ExpiresAt = w.Clock.Now().Add(-time.Second)
	frames := w.say(t, late, lineOf(t, frame(action)))
	if len(frames) != 1 || frames[0].Type() != "error" || frames[0].(*wire.Error).Code != chat.CodeUnauthenticated {
		t.Errorf("answered %+v", frames)
	}
	if diff := cmp.Diff(before, w.state(t)); diff != "" {
		t.Error(diff)
	}
	// Nothing is lost: with a token that holds, the same frame is carried out.
	for _, f := range w.say(t, w.alice, lineOf(t, frame(action))) {
		if f.Type() == "error" {
			t.Errorf("then answered %+v", f)
		}
	}
}
