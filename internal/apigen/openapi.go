package main

import (
	"encoding/json"
	"fmt"

	"github.com/maru-chat/maru/internal/httpapi"
)

// writeOpenAPI writes the description that the routes give of themselves, and adds
// the comments of their types.
func writeOpenAPI(m *model, files map[string][]byte) error {
	text, err := httpapi.OpenAPI()
	if err != nil {
		return err
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("the routes' description: %w", err)
	}
	for _, o := range append(m.shared[:len(m.shared):len(m.shared)], m.bodies...) {
		describe(at(doc, "components", "schemas", o.name), &o)
	}
	if text, err = json.Marshal(doc); err != nil {
		return err
	}
	return putYAML(files, "api/openapi.yaml", text)
}

// at returns the object at a path inside a JSON object; nil if there is none.
func at(doc map[string]any, path ...string) map[string]any {
	for _, key := range path {
		doc, _ = doc[key].(map[string]any)
	}
	return doc
}

// describe adds the object's comments where the schema has no descriptions.
func describe(schema map[string]any, o *object) {
	if schema == nil {
		return
	}
	comment(schema, o.doc)
	for _, f := range o.fields {
		if p := at(schema, "properties", f.name); p != nil && p["$ref"] == nil {
			comment(p, f.doc)
		}
	}
}

func comment(schema map[string]any, text string) {
	if _, has := schema["description"]; !has && text != "" {
		schema["description"] = text
	}
}
