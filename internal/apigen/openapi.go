package main

// openAPI returns the OpenAPI description of the routes as JSON. Nil until the
// routes can say.
var openAPI func() ([]byte, error)

func writeOpenAPI(_ *model, files map[string][]byte) error {
	if openAPI == nil {
		return nil
	}
	text, err := openAPI()
	if err != nil {
		return err
	}
	return putYAML(files, "api/openapi.yaml", text)
}
