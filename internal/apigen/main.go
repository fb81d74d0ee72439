// Command apigen generates the descriptions of Maru's APIs from their Go types: JSON
// Schemas, the AsyncAPI and OpenAPI descriptions, an example of every frame, and
// the TypeScript types of the page. It is not used at run time. Its output depends
// on the source alone, so generation changes nothing in a tree that is up to date.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

//go:generate go run . ../..

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	if err := run(root); err != nil {
		fmt.Fprintln(os.Stderr, "apigen:", err)
		os.Exit(1)
	}
}

// run writes every file and removes those that it no longer generates.
func run(root string) error {
	files, err := generate(root)
	if err != nil {
		return err
	}
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	old, err := leftovers(root, files)
	if err != nil {
		return err
	}
	for _, name := range old {
		if err := os.Remove(filepath.Join(root, name)); err != nil {
			return err
		}
	}
	return nil
}

// generated are the folders in which every file is generated.
var generated = []string{"api/schema", "api/examples"}

// leftovers lists files in the generated folders that files does not hold.
func leftovers(root string, files map[string][]byte) ([]string, error) {
	var old []string
	for _, folder := range generated {
		entries, err := os.ReadDir(filepath.Join(root, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			name := folder + "/" + e.Name()
			if _, isMade := files[name]; !isMade {
				old = append(old, name)
			}
		}
	}
	slices.Sort(old)
	return old, nil
}

// generate returns every file by its path from the root of the module, whose
// source it reads for the comments.
func generate(root string) (map[string][]byte, error) {
	m, err := readModel(root)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, write := range []func(*model, map[string][]byte) error{
		writeSchemas, writeExamples, writeAsyncAPI, writeTypeScript, writeOpenAPI,
	} {
		if err := write(m, files); err != nil {
			return nil, err
		}
	}
	return files, nil
}
