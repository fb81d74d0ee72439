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

// comments are the doc comments of a package's types ("Ack") and their fields
// ("Ack.Seq"), each on one line.
type comments map[string]string

func readComments(root, folder string) (comments, error) {
	paths, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no Go source in %s: %w", folder, err)
	}
	docs := comments{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			if gen, isGen := decl.(*ast.GenDecl); isGen && gen.Tok == token.TYPE {
				docs.add(gen)
			}
		}
	}
	return docs, nil
}

func (c comments) add(decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		typ := spec.(*ast.TypeSpec)
		c[typ.Name.Name] = oneLine(decl.Doc)
		st, isStruct := typ.Type.(*ast.StructType)
		if !isStruct {
			continue
		}
		for _, f := range st.Fields.List {
			for _, name := range f.Names {
				c[typ.Name.Name+"."+name.Name] = oneLine(f.Doc)
			}
		}
	}
}

var link = regexp.MustCompile(`\[\*?(?:\w+\.)?(\w+)\]`)

func oneLine(group *ast.CommentGroup) string {
	text := strings.Join(strings.Fields(group.Text()), " ")
	return link.ReplaceAllString(text, "$1")
}
