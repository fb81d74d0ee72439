package web_test

import (
	"io/fs"
	"testing"

	"github.com/maru-chat/maru/web"
)

func TestPage(t *testing.T) {
	t.Parallel()
	page, isBuilt := web.Page()
	html, err := fs.ReadFile(page, "index.html")
	if err != nil || len(html) == 0 {
		t.Fatalf("index.html of a page with built=%v: %d bytes, %v", isBuilt, len(html), err)
	}
}
