package serverless

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/httpapi"
)

// protecting are the security headers of the page.
var protecting = []string{
	"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Strict-Transport-Security",
	"Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy",
}

// sameProtection compares the security headers that the template gives the page
// with those of a resident home. They may differ in one thing: here the HTTP API
// has an address of its own, which the page may call.
func sameProtection(t *testing.T, h *Home, page http.Header) {
	t.Helper()
	handler := httpapi.New(httpapi.Options{
		Log:  slog.New(slog.DiscardHandler),
		Page: fstest.MapFS{"index.html": {}}, PublicURL: "https://chat.example.org", Socket: h.ClassicSocket(),
	})
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	request.Header.Set("Accept", "text/html")
	resident := httptest.NewRecorder()
	handler.ServeHTTP(resident, request)

	got, want := map[string]string{}, map[string]string{}
	for _, name := range protecting {
		got[name], want[name] = page.Get(name), resident.Header().Get(name)
	}
	const policy = "Content-Security-Policy"
	got[policy] = strings.Replace(got[policy], "connect-src 'self' "+h.URL()+" ", "connect-src 'self' ", 1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the page's headers differ from the resident home's (-resident +serverless)\n%s", diff)
	}
}
