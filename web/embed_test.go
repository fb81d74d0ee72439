package web_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/maru-chat/maru/web"
)

// TestPage holds in a fresh clone, which has only the placeholder, and where the
// page is built.
func TestPage(t *testing.T) {
	t.Parallel()
	placeholder, err := os.ReadFile("dist-placeholder/index.html")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(placeholder), "<pre>make run</pre>") {
		t.Errorf("the placeholder does not say how to build the page:\n%s", placeholder)
	}
	page, isBuilt := web.Page()
	html, err := fs.ReadFile(page, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	if isPlaceholder := string(html) == string(placeholder); isPlaceholder == isBuilt {
		t.Errorf("built=%t, and the page is the placeholder: %t", isBuilt, isPlaceholder)
	}
	if isBuilt && !strings.Contains(string(html), `<script type="module"`) {
		t.Errorf("the built page has no script:\n%s", html)
	}
}
