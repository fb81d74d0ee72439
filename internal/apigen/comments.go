package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
)

// comments are the doc comments of types ("wire.Ack") and of their fields
// ("wire.Ack.Seq"), each on one line.
type comments map[string]string

// readComments reads the packages in the folders.
func readComments(root string, folders ...string) (comments, error) {
	docs := comments{}
	for _, folder := range folders {
		paths, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		if err != nil || len(paths) == 0 {
			return nil, fmt.Errorf("no Go source in %s: %w", folder, err)
		}
		for _, path := range paths {
			if err := docs.read(path); err != nil {
				return nil, err
			}
		}
	}
	return docs, nil
}

func (c comments) read(path string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	if err != nil {
		return err
	}
	for _, decl := range file.Decls {
		if gen, isGen := decl.(*ast.GenDecl); isGen && gen.Tok == token.TYPE {
			c.add(file.Name.Name, gen)
		}
	}
	return nil
}

func (c comments) add(pkg string, decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		typ := spec.(*ast.TypeSpec)
		name := pkg + "." + typ.Name.Name
		c[name] = oneLine(decl.Doc)
		st, isStruct := typ.Type.(*ast.StructType)
		if !isStruct {
			continue
		}
		for _, f := range st.Fields.List {
			for _, field := range f.Names {
				c[name+"."+field.Name] = oneLine(f.Doc)
			}
		}
	}
}

var link = regexp.MustCompile(`\[\*?(?:\w+\.)?(\w+)\]`)

func oneLine(group *ast.CommentGroup) string {
	text := strings.Join(strings.Fields(group.Text()), " ")
	return link.ReplaceAllString(text, "$1")
}
