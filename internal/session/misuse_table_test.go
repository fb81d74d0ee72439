package session_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// row is how one action is misused.
type row struct {
	// required and optional are the fields of a frame that is carried out, both
	// with the optional ones and without; every frame's action and ref are added.
	// SINCE stands for the lobby's head, POST for a post in it, BOB for a member.
	required, optional string
	// foreign is the code with which a private room of others is refused; "" for a
	// frame that is not refused, for the reason in foreignNote.
	foreign     chat.Code
	foreignNote string
}

// line is a frame of the action with all the fields of the row.
func (r row) line(action string, since chat.Cursor, post chat.Seq, bob chat.UserID) string {
	fields := []string{fmt.Sprintf(`"action":%q,"ref":"x"`, action), r.required}
	if r.optional != "" {
		fields = append(fields, r.optional)
	}
	return strings.NewReplacer(
		"SINCE", fmt.Sprintf("%q", since), "POST", fmt.Sprint(post), "BOB", fmt.Sprintf("%q", bob),
	).Replace("{" + strings.Join(fields, ",") + "}")
}

const (
	change = `"room":"lobby","id":"new","since":SINCE`
	onPost = change + `,"post":POST`
)

// misuses is the table of every frame against {missing, wrong type, too long,
// bad UTF-8, foreign room, expired token}. The tests make the bad values of each
// column: those that are too long from excesses, some of a wrong type from
// malformed.
var misuses = map[string]row{
	"join":        {required: `"room":"lobby"`, optional: `"cursor":SINCE,"whole":true`, foreign: chat.CodeNotFound},
	"unsubscribe": {required: `"room":"lobby"`, foreignNote: "without a subscription there is nothing to end, which says nothing of the room"},
	"entries":     {required: `"room":"lobby","cursor":"0"`, foreign: chat.CodeNotFound},
	"send":        {required: change + `,"text":"x"`, optional: `"reply_to":POST,"mentions":[BOB],"all":true`, foreign: chat.CodeNotFound},
	"edit":        {required: onPost + `,"text":"x"`, foreign: chat.CodeNotFound},
	"delete":      {required: onPost, foreign: chat.CodeNotFound},
	"react":       {required: onPost + `,"emoji":"👍"`, foreign: chat.CodeNotFound},
	"unreact":     {required: onPost + `,"emoji":"👍"`, foreign: chat.CodeNotFound},
	"pin":         {required: onPost, foreign: chat.CodeNotFound},
	"unpin":       {required: onPost, foreign: chat.CodeNotFound},
	"topic":       {required: change + `,"text":"x"`, foreign: chat.CodeNotFound},
	"mark":        {required: `"room":"lobby","cursor":SINCE`, foreign: chat.CodeNotFound},
	"typing":      {required: `"room":"lobby"`, foreign: chat.CodeNotFound},
	"presence":    {required: `"room":"lobby"`, foreign: chat.CodeNotFound},
	"heartbeat":   {required: `"cursors":{"lobby":SINCE}`, foreignNote: "it leaves out rooms of others"},
	"hide":        {required: `"hidden":true`, foreignNote: "it is about no room"},
}

// excess is a value that is too long, of too many, or out of range.
type excess struct {
	value string
	code  chat.Code // that refuses it
}

// excesses are the values beyond each field's bounds. "action.field" overrides
// "field" for that action. Only booleans have no bounds.
var excesses = map[string][]excess{
	"ref":   {{long("r", wire.MaxRef), chat.CodeInvalid}},
	"room":  {{long("r", chat.MaxID), chat.CodeInvalid}},
	"id":    {{long("i", chat.MaxEntryID), chat.CodeInvalid}},
	"since": {{longCursor, chat.CodeInvalid}},
	"cursor": {
		{longCursor, chat.CodeInvalid},
		{`"1.000000000"`, chat.CodeInvalid},
	},
	"text":       {{long("가", chat.MaxText), chat.CodeTooLarge}},
	"topic.text": {{long("가", chat.MaxTopic), chat.CodeTooLarge}},
	"emoji":      {{long("👍", chat.MaxIcon/len("👍")), chat.CodeInvalid}},
	"mentions": {
		{"[" + many(`"user-%d"`, chat.MaxMentions) + "]", chat.CodeTooLarge},
		{"[" + long("u", chat.MaxID) + "]", chat.CodeInvalid},
	},
	"cursors": {
		{"{" + many(`"room-%d":"0"`, chat.MaxRooms) + "}", chat.CodeTooLarge},
		{"{" + long("r", chat.MaxID) + `:"0"}`, chat.CodeInvalid},
		{`{"lobby":"0",` + long("r", chat.MaxID) + `:"0"}`, chat.CodeInvalid},
		{`{"lobby":` + longCursor + `}`, chat.CodeInvalid},
	},
	"post": {
		{"0", chat.CodeInvalid},
		{"-1", chat.CodeInvalid},
		{"9223372036854775807", chat.CodeNotFound},
		{"9223372036854775808", chat.CodeInvalid},
	},
	// To unpin a post that does not exist changes nothing and is not refused.
	"unpin.post": {
		{"0", chat.CodeInvalid},
		{"-1", chat.CodeInvalid},
		{"9223372036854775808", chat.CodeInvalid},
	},
	"reply_to": {
		{"-1", chat.CodeInvalid},
		{"9223372036854775807", chat.CodeNotFound},
		{"9223372036854775808", chat.CodeInvalid},
	},
}

// malformed are values whose type is right and whose items are not, for each
// field that is a list or an object.
var malformed = map[string][]string{
	"mentions": {`[null]`, `["bob",null]`, `[1]`, `[["bob"]]`, `[{"bob":1,"bob":1}]`},
	"cursors": {
		`{"lobby":null}`, `{"lobby":1}`, `{"lobby":{}}`, `{"lobby":"0","lobby":"0"}`, `{"lobby":"0","\u006cobby":"0"}`,
	},
}

// longCursor has one digit more than a seq can have.
const longCursor = `"1234567890123.00000000"`

// long is a JSON string of one character more than bound.
func long(character string, bound int) string {
	return `"` + strings.Repeat(character, bound+1) + `"`
}

// many lists one item more than bound.
func many(format string, bound int) string {
	var items []string
	for i := range bound + 1 {
		items = append(items, fmt.Sprintf(format, i))
	}
	return strings.Join(items, ",")
}

// beyond are the values that are beyond the bounds of an action's field.
func beyond(action, field string) []excess {
	if own, has := excesses[action+"."+field]; has {
		return own
	}
	return excesses[field]
}

// model is a client frame as wire declares it: its fields by their names.
type model map[string]modelField

type modelField struct {
	kind       reflect.Kind // of what a pointer points to
	isOptional bool
}

// models are all client frames by action.
var models = func() map[string]model {
	all := map[string]model{}
	for _, frame := range wire.ClientFrames() {
		all[frame.Action()] = modelOf(reflect.TypeOf(frame).Elem())
	}
	return all
}()

func modelOf(frame reflect.Type) model {
	fields := model{}
	for _, f := range reflect.VisibleFields(frame) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			continue // an embedded struct, whose fields are visible too
		}
		kind := f.Type.Kind()
		if kind == reflect.Pointer {
			kind = f.Type.Elem().Kind()
		}
		fields[name] = modelField{kind: kind, isOptional: options != ""}
	}
	return fields
}

// fields returns the fields of the row, and whether each is optional.
func (r row) fields(t *testing.T, action string) map[string]bool {
	t.Helper()
	fields := map[string]bool{}
	for name := range fieldsOf(t, r.line(action, chat.Cursor{}, 1, "bob")) {
		fields[name] = true
	}
	r.optional = ""
	for name := range fieldsOf(t, r.line(action, chat.Cursor{}, 1, "bob")) {
		fields[name] = false
	}
	delete(fields, "action") // which is no field of the frames' types
	fields["ref"] = true
	return fields
}

func TestMisuses_leaveNothingOut(t *testing.T) {
	t.Parallel()
	actions := slices.Sorted(maps.Keys(models))
	if diff := cmp.Diff(actions, slices.Sorted(maps.Keys(misuses))); diff != "" {
		t.Fatalf("the frames and the table differ (-wire +table):\n%s", diff)
	}
	used := map[string]bool{}
	for _, action := range actions {
		declared := map[string]bool{}
		for field, f := range models[action] {
			declared[field] = f.isOptional
			if len(beyond(action, field)) == 0 && f.kind != reflect.Bool {
				t.Errorf("%s: no excess says how %s is too long", action, field)
			}
			isNested := f.kind == reflect.Slice || f.kind == reflect.Map
			if isNested != (len(malformed[field]) > 0) {
				t.Errorf("%s: %d values say how %s is malformed", action, len(malformed[field]), field)
			}
			used[field], used[action+"."+field] = true, true
		}
		if diff := cmp.Diff(declared, misuses[action].fields(t, action)); diff != "" {
			t.Errorf("%s: the fields, and which are optional, differ (-wire +table):\n%s", action, diff)
		}
	}
	for name := range excesses {
		if !used[name] {
			t.Errorf("the excess of %s is of no field", name)
		}
	}
	for name := range malformed {
		if !used[name] {
			t.Errorf("the malformed values of %s are of no field", name)
		}
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
