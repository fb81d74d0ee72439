package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

const module = "github.com/maru-chat/maru"

// sourceFile is one parsed Go file.
type sourceFile struct {
	path    string // from the module's root
	pkg     string // its folder
	isTest  bool
	fileSet *token.FileSet
	syntax  *ast.File
}

func (f sourceFile) position(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.path, f.fileSet.Position(n.Pos()).Line)
}

// check returns one line for each broken rule in the module whose root is tree,
// and how many files it read.
func check(tree fs.FS) (violations []string, files int, err error) {
	sources, err := parse(tree)
	if err != nil {
		return nil, 0, err
	}
	for _, f := range sources {
		violations = append(violations, checkPlace(f)...)
		violations = append(violations, checkImports(f)...)
		violations = append(violations, checkEnvironment(f)...)
		violations = append(violations, checkPorts(f)...)
		violations = append(violations, checkLengths(f)...)
	}
	slices.Sort(violations)
	return slices.Compact(violations), len(sources), nil
}

// parse reads every Go file of the module, but not those of modules inside it.
func parse(tree fs.FS) ([]sourceFile, error) {
	var sources []sourceFile
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if name != "." && outside(tree, name) {
				return fs.SkipDir
			}
			return nil
		case path.Ext(name) != ".go":
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		syntax, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		sources = append(sources, sourceFile{
			path: name, pkg: path.Dir(name), isTest: strings.HasSuffix(name, "_test.go"),
			fileSet: set, syntax: syntax,
		})
		return nil
	})
	return sources, err
}

// outside reports whether the folder is not part of the module. The go command
// would leave it out too, except for node_modules.
func outside(tree fs.FS, folder string) bool {
	base := path.Base(folder)
	if base == "node_modules" || base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := fs.Stat(tree, path.Join(folder, "go.mod"))
	return err == nil
}

// matches reports whether name is pattern, or below it when it ends in "/...".
func matches(pattern, name string) bool {
	parent, isTree := strings.CutSuffix(pattern, "/...")
	return name == parent || isTree && strings.HasPrefix(name, parent+"/")
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) })
}

func layerOf(pkg string) (layer, bool) {
	i := slices.IndexFunc(layers, func(l layer) bool { return matchesAny(l.packages, pkg) })
	if i < 0 {
		return layer{}, false
	}
	return layers[i], true
}

// checkPlace checks that the package has a layer and a name that says something.
func checkPlace(f sourceFile) []string {
	var broken []string
	if _, known := layerOf(f.pkg); !known {
		broken = append(broken, fmt.Sprintf(
			"%s: say in internal/archtest/rules_test.go which layer this package belongs to", f.pkg))
	}
	if slices.Contains(vagueNames, path.Base(f.pkg)) {
		broken = append(broken, fmt.Sprintf("%s: name the package by what it is for, not %q", f.pkg, path.Base(f.pkg)))
	}
	return broken
}

// checkImports checks each import against the layer and the technologies.
func checkImports(f sourceFile) []string {
	l, known := layerOf(f.pkg)
	if !known {
		return nil
	}
	var broken []string
	for _, spec := range f.syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has refused it already
		}
		if because := objection(f, l, imported); because != "" {
			broken = append(broken, fmt.Sprintf("%s: %s may not import %s: %s", f.position(spec), f.pkg, imported, because))
		}
	}
	return broken
}

// objection returns why the file may not import the path, or "".
func objection(f sourceFile, l layer, imported string) string {
	if local, isLocal := strings.CutPrefix(imported, module+"/"); isLocal {
		allowed := local == f.pkg || matchesAny(l.sees, local) || f.isTest && matchesAny(testSupport, local)
		if !allowed {
			return l.because
		}
		return ""
	}
	if f.isTest {
		return "" // a test may use any library
	}
	if matchesAny(l.forbids, imported) || l.standardOnly && !isStandard(imported) {
		return l.because
	}
	for _, t := range technologies {
		if matches(t.path, imported) && !matchesAny(t.owners, f.pkg) {
			return t.because
		}
	}
	return ""
}

// isStandard relies on a promise of the go command: only paths outside the
// standard library have a dot in their first element.
func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

// environment lists the functions of package os that read the environment.
var environment = []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}

// checkEnvironment checks that only layers that may read the environment do.
func checkEnvironment(f sourceFile) []string {
	if l, known := layerOf(f.pkg); !known || l.readsEnvironment || f.isTest {
		return nil
	}
	var broken []string
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok || !slices.Contains(environment, selector.Sel.Name) {
			return true
		}
		if from, ok := selector.X.(*ast.Ident); ok && from.Name == "os" {
			broken = append(broken, fmt.Sprintf(
				"%s: os.%s below internal/config: take the value as an argument, so that a reader of config sees every setting",
				f.position(n), selector.Sel.Name))
		}
		return true
	})
	return broken
}

// checkPorts checks how many methods the domain's exported interfaces have.
func checkPorts(f sourceFile) []string {
	if f.pkg != "internal/chat" || f.isTest {
		return nil
	}
	var broken []string
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || !spec.Name.IsExported() {
			return true
		}
		if port, ok := spec.Type.(*ast.InterfaceType); ok && port.Methods.NumFields() > maxPortMethods {
			broken = append(broken, fmt.Sprintf("%s: port %s has %d methods, more than %d: it holds two ideas",
				f.position(spec), spec.Name.Name, port.Methods.NumFields(), maxPortMethods))
		}
		return true
	})
	return broken
}

// checkLengths checks that each long function gives its reason.
func checkLengths(f sourceFile) []string {
	if f.isTest || ast.IsGenerated(f.syntax) {
		return nil
	}
	var broken []string
	for _, decl := range f.syntax.Decls {
		function, ok := decl.(*ast.FuncDecl)
		if !ok || strings.Contains(function.Doc.Text(), longReason) {
			continue
		}
		first, last := f.fileSet.Position(function.Pos()).Line, f.fileSet.Position(function.End()).Line
		if lines := last - first + 1; lines > maxFunctionLines {
			broken = append(broken, fmt.Sprintf("%s: %s has %d lines: shorten it, or say in its comment %q",
				f.position(function), function.Name.Name, lines, longReason+" …"))
		}
	}
	return broken
}
