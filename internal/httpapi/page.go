package httpapi

import (
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/maru-chat/maru/internal/chat"
)

// page serves the files of the web client. A request for an unknown path that
// accepts HTML, as a browser's does, gets index.html. Unknown files below assets/
// are not found, so that a page of an older build fails visibly.
type page struct {
	files  fs.FS
	server http.Handler
	policy string
	isTLS  bool
}

const (
	index  = "index.html"
	assets = "assets/"
)

func newPage(files fs.FS, publicURL, socket string) *page {
	return &page{
		files:  files,
		server: http.FileServerFS(files),
		policy: contentPolicy(socket),
		isTLS:  strings.HasPrefix(publicURL, "https://"),
	}
}

// contentPolicy returns a Content-Security-Policy that allows the page its own
// files, images from data: and blob: URLs, and connections to its own origin and
// to the socket.
func contentPolicy(socket string) string {
	connect := "'self'"
	if u, err := url.Parse(socket); err == nil && u.Host != "" {
		connect += " " + u.Scheme + "://" + u.Host
	}
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self' data: blob:",
		"font-src 'self'",
		"media-src 'self' blob:",
		"worker-src 'self'",
		"manifest-src 'self'",
		"connect-src " + connect,
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}

// serve answers with a file of the page, or writes nothing and fails with
// CodeNotFound.
func (p *page) serve(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	info, err := fs.Stat(p.files, name)
	isFile := err == nil && !info.IsDir() && name != index
	isRoot := name == "" || name == index
	if !isFile && !isRoot && (strings.HasPrefix(name, assets) || !takesHTML(r)) {
		return chat.Errorf(chat.CodeNotFound, "nothing is here")
	}
	p.protect(w.Header())
	w.Header().Set("Cache-Control", "no-cache")
	switch {
	case isFile:
		if strings.HasPrefix(name, assets) { // its name has a hash of its content
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		p.server.ServeHTTP(w, withPath(r, "/"+name))
	case strings.Contains(name, "/"):
		// The page refers to its files by relative paths, so it works only at the
		// root. A browser keeps the #fragment.
		http.Redirect(w, r, "/", http.StatusFound)
	default:
		http.ServeFileFS(w, withPath(r, "/"), p.files, index)
	}
	return nil
}

// takesHTML reports whether the request names text/html in Accept. A browser does
// when it opens an address; a program that sends */* does not.
func takesHTML(r *http.Request) bool {
	return strings.Contains(strings.Join(r.Header["Accept"], ","), "text/html")
}

func (p *page) protect(header http.Header) {
	header.Set("Content-Security-Policy", p.policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	if p.isTLS {
		header.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// withPath returns a copy of r for another path, without a query.
func withPath(r *http.Request, path string) *http.Request {
	moved := new(http.Request)
	*moved = *r
	moved.URL = &url.URL{Path: path}
	return moved
}
