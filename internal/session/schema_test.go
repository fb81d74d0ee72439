package session_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemas compiles the committed schema of each frame once.
var schemas = struct {
	sync.Mutex
	compiler *jsonschema.Compiler
}{compiler: jsonschema.NewCompiler()}

// checkSchema validates a frame of the server by its schema in api/schema.
func checkSchema(t *testing.T, line []byte) {
	t.Helper()
	var named struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(line, &named); err != nil {
		t.Fatalf("answered %s: %v", line, err)
	}
	schemas.Lock()
	defer schemas.Unlock()
	path, err := filepath.Abs("../../api/schema/" + named.Type + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	schema, err := schemas.compiler.Compile(path)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s does not fit its schema: %v", line, err)
	}
}
