package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/maru-chat/maru/internal/httpapi"
	"github.com/maru-chat/maru/internal/wire"
)

const root = "../.."

func files(t *testing.T) map[string][]byte {
	t.Helper()
	made, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	made := files(t)
	t.Run("generates what the tree holds", func(t *testing.T) {
		t.Parallel()
		for name, want := range made {
			got, err := os.ReadFile(filepath.Join(root, name))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is not as generated: run make generate", name)
			}
		}
	})
	t.Run("leaves no other file in its folders", func(t *testing.T) {
		t.Parallel()
		old, err := leftovers(root, made)
		if err != nil || len(old) > 0 {
			t.Errorf("leftovers = %q, %v: run make generate", old, err)
		}
	})
	t.Run("generates the same again", func(t *testing.T) {
		t.Parallel()
		if diff := cmp.Diff(made, files(t)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("marks each file as generated", func(t *testing.T) {
		t.Parallel()
		for name, text := range made {
			if !strings.HasPrefix(name, "api/examples/") && !bytes.Contains(text, []byte(notice)) {
				t.Errorf("%s does not say so", name)
			}
		}
	})
}

func TestModel_saysWhatEachFieldIs(t *testing.T) {
	t.Parallel()
	m, err := readModel(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range slices.Concat(m.client, m.server, m.shared) {
		if o.doc == "" {
			t.Errorf("wire.%s has no comment", o.name)
		}
		for _, f := range o.fields {
			if f.doc == "" {
				t.Errorf("wire.%s: the field %s has no comment", o.name, f.name)
			}
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	t.Run("removes what it no longer generates", func(t *testing.T) {
		t.Parallel()
		to := t.TempDir()
		for _, folder := range []string{"internal/wire", "internal/httpapi"} {
			if err := os.CopyFS(filepath.Join(to, folder), os.DirFS(filepath.Join(root, folder))); err != nil {
				t.Fatal(err)
			}
		}
		stale := filepath.Join(to, "api/schema/gone.json")
		if err := os.MkdirAll(filepath.Dir(stale), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(stale, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := run(to); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(stale); !os.IsNotExist(err) {
			t.Errorf("%s is still there", stale)
		}
		if _, err := os.Stat(filepath.Join(to, "api/asyncapi.yaml")); err != nil {
			t.Error(err)
		}
	})
	t.Run("fails without the source", func(t *testing.T) {
		t.Parallel()
		if err := run(t.TempDir()); err == nil {
			t.Error("run of an empty folder succeeded")
		}
	})
}

// compiler returns a compiler that has the schemas by their file names.
func compiler(t *testing.T) *jsonschema.Compiler {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for name, text := range files(t) {
		if !strings.HasPrefix(name, "api/schema/") {
			continue
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource("file:///"+path.Base(name), doc); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func validate(t *testing.T, c *jsonschema.Compiler, label string, line []byte) error {
	t.Helper()
	s, err := c.Compile("file:///" + label + ".json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(value)
}

func TestExamples(t *testing.T) {
	t.Parallel()
	c := compiler(t)
	for _, f := range clientExamples() {
		line := wire.EncodeClient(f)
		if err := validate(t, c, f.Action(), line); err != nil {
			t.Errorf("%s does not fit its schema: %v", f.Action(), err)
		}
		got, _, err := wire.DecodeClient(line)
		if diff := cmp.Diff(f, got); err != nil || diff != "" {
			t.Errorf("%s is not read back: %v\n%s", f.Action(), err, diff)
		}
	}
	for _, f := range serverExamples() {
		line := wire.Encode(f)
		if err := validate(t, c, f.Type(), line); err != nil {
			t.Errorf("%s does not fit its schema: %v", f.Type(), err)
		}
		got, err := wire.DecodeServer(line)
		if diff := cmp.Diff(f, got); err != nil || diff != "" {
			t.Errorf("%s is not read back: %v\n%s", f.Type(), err, diff)
		}
	}
}

// A schema that accepts everything would pass the test above.
func TestSchemas_refuse(t *testing.T) {
	t.Parallel()
	c := compiler(t)
	for label, line := range map[string]string{
		"send":           `{"action":"send","room":"r","id":"e","since":"0"}`,
		"join":           `{"action":"join","room":"r","cursor":"1"}`,
		"mark":           `{"action":"join","room":"r","cursor":"0"}`,
		"topic":          `{"action":"topic","room":"no spaces","id":"e","since":"0","text":"x"}`,
		"heartbeat":      `{"action":"heartbeat","cursors":{"no spaces":"0"}}`,
		"entries.listed": `{"type":"entries.listed","room":"r","entries":[],"cursor":"0","more":false,"names":{"no spaces":"x"}}`,
		"edit":           `{"action":"edit","room":"r","id":"e","since":"0","post":"1","text":"x"}`,
		"error":          `{"type":"error","code":"novel","message":"x"}`,
		"entry.appended": `{"type":"entry.appended","room":"r","entry":{"seq":1,"cursor":"0","at":1,"author":"u","id":"e","kind":"deleted","posts":0,"alls":0}}`,
	} {
		if err := validate(t, c, label, []byte(line)); err == nil {
			t.Errorf("the schema of %s accepts %s", label, line)
		}
	}
}

// frames lists the names that a pattern finds in a generated file.
func frames(text []byte, pattern string) []string {
	var found []string
	for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(text, -1) {
		found = append(found, string(m[1]))
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func TestFrames_areTheSameEverywhere(t *testing.T) {
	t.Parallel()
	var want []string
	for _, f := range wire.ClientFrames() {
		want = append(want, f.Action())
	}
	for _, f := range wire.ServerFrames() {
		want = append(want, f.Type())
	}
	slices.Sort(want)

	// The files of the tree are compared, not what would be generated.
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	listed := func(folder string) []string {
		entries, err := fs.ReadDir(os.DirFS(root), folder)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, strings.TrimSuffix(e.Name(), ".json"))
		}
		return names
	}
	for where, got := range map[string][]string{
		"TypeScript":            frames(read("web/src/protocol/frames.ts"), `(?m)^  readonly (?:action|type): "([^"]+)";`),
		"AsyncAPI":              frames(read("api/asyncapi.yaml"), `\./schema/([a-z.]+)\.json`),
		"AsyncAPI's directions": frames(read("api/asyncapi.yaml"), `#/channels/socket/messages/([a-z.]+)"`),
		"the examples":          listed("api/examples"),
	} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-Go +%s)\n%s", where, where, diff)
		}
	}
}

// Every named type that the routes describe is among the TypeScript types.
func TestBodies_areThoseOfTheRoutes(t *testing.T) {
	t.Parallel()
	text, err := httpapi.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	m, err := readModel(root)
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for name := range doc.Components.Schemas {
		isShared := slices.ContainsFunc(m.shared, func(o object) bool { return o.name == name })
		if !isShared && !strings.HasSuffix(name, "InputBody") { // huma names those of unnamed structs
			want = append(want, name)
		}
	}
	for _, o := range m.bodies {
		got = append(got, o.name)
	}
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("(-routes +bodies)\n%s", diff)
	}
}
