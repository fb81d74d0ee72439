package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/httpapi"
	"github.com/maru-chat/maru/internal/wire"
)

// protocol returns docs/protocol.md, which is written by hand.
func protocol(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs/protocol.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// table returns the rows of the table whose first header is name: the cells
// of each.
func table(t *testing.T, name string) [][]string {
	t.Helper()
	_, after, has := strings.Cut(protocol(t), "\n| "+name+" |")
	if !has {
		t.Fatalf("docs/protocol.md has no table of each %s", name)
	}
	var rows [][]string
	for line := range strings.Lines(after) {
		if line == "\n" {
			break
		}
		if strings.HasPrefix(line, "| ") {
			rows = append(rows, strings.Split(line, "|")[1:])
		}
	}
	return rows
}

// quoted lists what is in backquotes.
func quoted(text string) []string {
	var found []string
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

// described returns the fields of each frame, kind or object in the given tables.
func described(t *testing.T, names ...string) map[string][]string {
	t.Helper()
	rows := map[string][]string{}
	for _, name := range names {
		for _, cells := range table(t, name) {
			for _, label := range quoted(cells[0]) {
				rows[label] = quoted(cells[1])
			}
		}
	}
	return rows
}

func fieldNames(fields []property) []string {
	var out []string
	for _, f := range fields {
		name := f.name
		if !f.isRequired {
			name += "?"
		}
		out = append(out, name)
	}
	return out
}

// httpOperation is the part of an OpenAPI operation that says what it takes.
type httpOperation struct {
	Parameters []struct {
		Name, In string
		Required bool
	}
	RequestBody struct {
		Content map[string]struct{ Schema httpBody }
	}
}

type httpBody struct {
	Ref        string `json:"$ref"`
	Required   []string
	Properties map[string]any
}

// fields lists the fields of the query and the body, but for those that all writes
// have.
func (o *httpOperation) fields(bodies map[string]httpBody) []string {
	var found []string
	add := func(name string, isRequired bool) {
		if !isRequired {
			name += "?"
		}
		if name != "id?" && name != "since?" {
			found = append(found, name)
		}
	}
	for _, p := range o.Parameters {
		if p.In == "query" {
			add(p.Name, p.Required)
		}
	}
	body := o.RequestBody.Content["application/json"].Schema
	if name, isRef := strings.CutPrefix(body.Ref, "#/components/schemas/"); isRef {
		body = bodies[name]
	}
	for name := range body.Properties {
		add(name, slices.Contains(body.Required, name))
	}
	return found
}

// requests returns the fields of every HTTP request.
func requests(t *testing.T) map[string][]string {
	t.Helper()
	text, err := httpapi.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths      map[string]map[string]httpOperation
		Components struct{ Schemas map[string]httpBody }
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for path, operations := range doc.Paths {
		for method, o := range operations {
			found[strings.ToUpper(method)+" "+path] = o.fields(doc.Components.Schemas)
		}
	}
	return found
}

func TestDocumentation(t *testing.T) {
	t.Parallel()
	m, err := readModel(root)
	if err != nil {
		t.Fatal(err)
	}
	sorted := cmpopts.SortSlices(strings.Compare)

	t.Run("has every frame with every field, and no other", func(t *testing.T) {
		t.Parallel()
		want := map[string][]string{}
		for _, o := range m.client {
			fields := slices.DeleteFunc(fieldNames(o.fields), func(s string) bool { return s == "ref?" })
			want[o.label] = fields
		}
		for _, o := range m.server {
			want[o.label] = fieldNames(o.fields)
		}
		if diff := cmp.Diff(want, described(t, "action", "type"), sorted, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-Go +docs)\n%s", diff)
		}
	})

	t.Run("has every kind of entry with every field", func(t *testing.T) {
		t.Parallel()
		want := map[string][]string{}
		for _, k := range m.kinds {
			want[k.name] = fieldNames(k.fields)
		}
		if diff := cmp.Diff(want, described(t, "kind"), sorted, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-Go +docs)\n%s", diff)
		}
	})

	t.Run("has every object that frames are made of, with every field", func(t *testing.T) {
		t.Parallel()
		want := map[string][]string{}
		for _, o := range m.shared {
			switch o.name {
			case "Entry": // the table of kinds
			case "Post":
				want[o.name] = fieldNames(m.without(o.fields))
			default:
				want[o.name] = fieldNames(o.fields)
			}
		}
		if diff := cmp.Diff(want, described(t, "object"), sorted, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-Go +docs)\n%s", diff)
		}
	})

	t.Run("has every HTTP request with every field", func(t *testing.T) {
		t.Parallel()
		if diff := cmp.Diff(requests(t), described(t, "request"), sorted, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-Go +docs)\n%s", diff)
		}
	})

	t.Run("has every code and every reason", func(t *testing.T) {
		t.Parallel()
		for name, want := range map[string][]string{
			"code":   names(chat.Codes),
			"reason": {wire.ReasonShutdown, wire.ReasonIdle, wire.ReasonLifetime, wire.ReasonSignedOut},
		} {
			var got []string
			for _, cells := range table(t, name) {
				got = append(got, quoted(cells[0])...)
			}
			if diff := cmp.Diff(want, got, sorted); diff != "" {
				t.Errorf("%s (-Go +docs)\n%s", name, diff)
			}
		}
	})

	t.Run("has the limits of the code", func(t *testing.T) {
		t.Parallel()
		limits := map[string]int{
			"a message, either way": wire.MaxMessage, "a frame from the server": wire.MaxAnswer,
			"frames in a message": wire.MaxFrames, "fields in a frame": wire.MaxFields, "`ref`": wire.MaxRef, "an entry's `id`": chat.MaxEntryID,
			"a room's or a user's id": chat.MaxID, "a message's text": chat.MaxText, "a topic": chat.MaxTopic,
			"a name": chat.MaxName, "an emoji": chat.MaxIcon, "mentions in a post": chat.MaxMentions,
			"edits of a post": chat.MaxEdits, "kinds of emoji on a post": chat.MaxEmoji,
			"reactions on a post": chat.MaxReactions, "pins of a room": chat.MaxPins, "rooms of a user": chat.MaxRooms,
		}
		got := map[string]int{}
		for _, cells := range table(t, "what") {
			number, _, _ := strings.Cut(strings.TrimSpace(cells[1]), " ")
			n, err := strconv.Atoi(strings.ReplaceAll(number, ",", ""))
			if err != nil {
				t.Fatal(err)
			}
			got[strings.TrimSpace(cells[0])] = n
		}
		if diff := cmp.Diff(limits, got); diff != "" {
			t.Errorf("(-Go +docs)\n%s", diff)
		}
		writes := chat.DefaultRates().Writes
		for _, sentence := range []string{
			"more than " + strconv.Itoa(chat.MaxScan) + " entries follow `since`",
			"more than 1,000 entries behind",
			"at most " + strconv.Itoa(wire.MaxReactionUsers) + " of its users",
			fmt.Sprintf("writes %d entries at once and then %d a second", writes.Burst, time.Second/writes.Every),
		} {
			if !strings.Contains(strings.Join(strings.Fields(protocol(t)), " "), sentence) {
				t.Errorf("docs/protocol.md does not say %q", sentence)
			}
		}
		if chat.MaxBehind != 1000 {
			t.Errorf("docs/protocol.md says 1,000, the code %d", chat.MaxBehind)
		}
	})

	t.Run("shows the conversation that the tests run", func(t *testing.T) {
		t.Parallel()
		script, err := os.ReadFile(filepath.Join(root, "e2e/transcripts/protocol.txt"))
		if err != nil {
			t.Fatal(err)
		}
		_, want, _ := strings.Cut(string(script), "\n") // its first line names this page
		_, shown, _ := strings.Cut(protocol(t), "\n```\n")
		shown, _, _ = strings.Cut(shown, "```")
		if diff := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(shown)); diff != "" {
			t.Errorf("(-e2e/transcripts/protocol.txt +docs/protocol.md)\n%s", diff)
		}
	})
}
