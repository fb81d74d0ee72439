package session_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// secret is a private room of which alice, who misuses, is not a member.
const secret chat.RoomID = "secret"

// misused returns a world in which a change by a misuse would show. frame returns
// the fields of a frame of the action, optional ones included.
func misused(t *testing.T, action string) (w *world, frame func() map[string]json.RawMessage) {
	t.Helper()
	w = newWorld(t)
	w.create(t, w.bob, secret, chat.Private)
	post := w.post(t, w.alice, "p", "hello")
	w.say(t, w.alice, `{"action":"join","ref":"1","room":"lobby"}`)
	text := misuses[action].line(action, w.head(t), post, w.bob.User)
	return w, func() map[string]json.RawMessage { return fieldsOf(t, text) }
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
	for action := range misuses {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			t.Run("is carried out as it stands in the table", func(t *testing.T) { carriesOut(t, action, true) })
			t.Run("is carried out without its optional fields", func(t *testing.T) { carriesOut(t, action, false) })
			t.Run("missing", func(t *testing.T) { refusesMissing(t, action) })
			t.Run("wrong type", func(t *testing.T) { refusesWrongTypes(t, action) })
			t.Run("too long", func(t *testing.T) { refusesTooLong(t, action) })
			t.Run("bad UTF-8", func(t *testing.T) { refusesBadText(t, action) })
			t.Run("foreign room", func(t *testing.T) { refusesForeignRoom(t, action) })
			t.Run("expired token", func(t *testing.T) { refusesExpiredToken(t, action) })
		})
	}
}

func carriesOut(t *testing.T, action string, isWhole bool) {
	w, frame := misused(t, action)
	fields := frame()
	for field, f := range models[action] {
		if f.isOptional && !isWhole {
			delete(fields, field)
		}
	}
	for _, f := range w.say(t, w.alice, lineOf(t, fields)) {
		if f.Type() == "error" {
			t.Errorf("answered %+v", f)
		}
	}
}

// refuses sends line and then a good frame. The first must be refused with the
// code, the second carried out, and nothing changed.
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
		t.Fatalf("%.200s\nis answered by %+v, want the code %s", line, frames[0], code)
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
	w, frame := misused(t, action)
	for field := range frame() {
		if models[action][field].isOptional {
			continue
		}
		fields := frame()
		delete(fields, field)
		got := w.refuses(t, lineOf(t, fields), chat.CodeInvalid)
		if got.Ref != "x" || !strings.Contains(got.Message, field+" is missing") {
			t.Errorf("without %s: %+v", field, got)
		}
	}
}

func refusesWrongTypes(t *testing.T, action string) {
	w, frame := misused(t, action)
	right := map[reflect.Kind]string{reflect.Bool: `true`, reflect.String: `"text"`}
	for field := range frame() {
		for _, wrong := range append([]string{`true`, `1.5`, `"text"`, `[[]]`, `{"a":{}}`}, malformed[field]...) {
			if wrong == right[models[action][field].kind] {
				continue
			}
			fields := frame()
			fields[field] = json.RawMessage(wrong)
			got := w.refuses(t, lineOf(t, fields), chat.CodeInvalid)
			if !strings.Contains(got.Message, field) {
				t.Errorf("%s: %s gets %+v", field, wrong, got)
			}
		}
	}
}

func refusesTooLong(t *testing.T, action string) {
	w, frame := misused(t, action)
	for field := range models[action] {
		for _, over := range beyond(action, field) {
			fields := frame()
			fields[field] = json.RawMessage(over.value)
			got := w.refuses(t, lineOf(t, fields), over.code)
			if got.Ref != "x" && field != "ref" {
				t.Errorf("%s: %.200s gets %+v", field, over.value, got)
			}
		}
	}
}

// refusesBadText breaks each string of the frame at its end: those in lists
// and the names and values in objects, too.
func refusesBadText(t *testing.T, action string) {
	w, frame := misused(t, action)
	for field, value := range frame() {
		parts := strings.Split(string(value), `"`) // every other one is a string's inside
		for i := 1; i < len(parts); i += 2 {
			for _, bad := range []string{"\xff", "\xed\xa0\x80", `\ud800`, `\udc00\ud800`} {
				broken := slices.Clone(parts)
				broken[i] += bad
				fields := frame()
				fields[field] = json.RawMessage(strings.Join(broken, `"`))
				got := w.refuses(t, lineOf(t, fields), chat.CodeInvalid)
				if !strings.Contains(got.Message, "UTF-8") {
					t.Errorf("%s with %q gets %+v", field, bad, got)
				}
			}
		}
	}
}

func refusesForeignRoom(t *testing.T, action string) {
	w, frame := misused(t, action)
	expected := misuses[action]
	fields := frame()
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
	w, frame := misused(t, action)
	before := w.state(t)
	late := w.alice
	late.ExpiresAt = w.Clock.Now().Add(-time.Second)
	frames := w.say(t, late, lineOf(t, frame()))
	if len(frames) != 1 || frames[0].Type() != "error" || frames[0].(*wire.Error).Code != chat.CodeUnauthenticated {
		t.Errorf("answered %+v", frames)
	}
	if diff := cmp.Diff(before, w.state(t)); diff != "" {
		t.Error(diff)
	}
	// Nothing is lost: with a valid token, the same frame is carried out.
	for _, f := range w.say(t, w.alice, lineOf(t, frame())) {
		if f.Type() == "error" {
			t.Errorf("then answered %+v", f)
		}
	}
}
