package main

import "github.com/maru-chat/maru/internal/httpapi"

// writeOpenAPI describes the HTTP routes, which know their own types.
func writeOpenAPI(_ *model, files map[string][]byte) error {
	text, err := httpapi.OpenAPI()
	if err != nil {
		return err
	}
	return putYAML(files, "api/openapi.yaml", text)
}
