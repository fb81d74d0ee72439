// Package web embeds the built page in the binary. It serves nothing itself and
// holds no logic: the page is what `npm run build` left in web/dist or, where
// there is none, a placeholder that says how to build it.
package web

import (
	"embed"
	"io/fs"
)

// The pattern matches dist once it is built and dist-placeholder always, so
// that a fresh clone compiles.
//
//go:embed all:dist*
var files embed.FS

const (
	built       = "dist"
	placeholder = "dist-placeholder"
	index       = "index.html"
)

// Page returns the files of the page, index.html at the root, and whether they
// are the built page. Names under assets/ carry a hash of their content and
// never change.
func Page() (page fs.FS, isBuilt bool) {
	root := placeholder
	if _, err := fs.Stat(files, built+"/"+index); err == nil {
		root = built
	}
	page, err := fs.Sub(files, root)
	if err != nil {
		return files, false // unreachable: both names are valid paths
	}
	return page, root == built
}
