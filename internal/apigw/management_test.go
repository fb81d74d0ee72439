package apigw_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/apigw/apigwtest"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// connect returns a client of the gateway.
func connect(g *apigwtest.Gateway) *apigw.Management {
	return apigw.ConnectManagement(apigw.ManagementConfig{
		URL: g.URL(), Region: "us-east-1", HTTP: g.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// conn is an id as API Gateway makes them.
const conn chat.ConnID = "dZ4jSfEhoAMCIlw="

func TestManagement(t *testing.T) {
	t.Parallel()
	g := apigwtest.NewGateway(t)
	g.Open(conn)
	m := connect(g)
	if err := m.Post(t.Context(), conn, []byte(`{"type":"마루"}`)); err != nil {
		t.Fatal(err)
	}
	if got := g.Messages(conn); len(got) != 1 || got[0] != `{"type":"마루"}` {
		t.Errorf("sent %q", got)
	}
	for range 2 { // the second finds it gone
		if err := m.Close(t.Context(), conn); err != nil && !errors.Is(err, apigw.ErrGone) {
			t.Error(err)
		}
	}
	if g.IsOpen(conn) {
		t.Error("the connection is still open")
	}
}

func TestManagement_tellsFailuresApart(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		fault apigwtest.Fault
		want  error // nil for one without a name
	}{
		"gone, as AWS says":      {apigwtest.Gone, apigw.ErrGone},
		"gone, as emulators say": {apigwtest.PlainGone, apigw.ErrGone},
		"throttled":              {apigwtest.Throttle, apigw.ErrThrottled},
		"broken":                 {apigwtest.Broken, nil},
		"dead":                   {apigwtest.Dead, nil},
		"slow":                   {apigwtest.Slow, context.DeadlineExceeded},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			g := apigwtest.NewGateway(t)
			g.Open(conn)
			g.Fail(conn, c.fault)
			for name, do := range map[string]func(context.Context) error{
				"Post":  func(ctx context.Context) error { return connect(g).Post(ctx, conn, []byte("{}")) },
				"Close": func(ctx context.Context) error { return connect(g).Close(ctx, conn) },
			} {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				err := do(ctx)
				cancel()
				if err == nil || c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("%s: %v, want %v", name, err, c.want)
				}
				for _, other := range []error{apigw.ErrGone, apigw.ErrThrottled} {
					if other != c.want && errors.Is(err, other) {
						t.Errorf("%s: %v is taken for %v", name, err, other)
					}
				}
			}
			if c := g.Counts(); c.Posts != 1 || c.Deletes != 1 {
				t.Errorf("%d posts and %d deletes, want each tried once", c.Posts, c.Deletes)
			}
		})
	}
}

func TestManagement_Post_bounds(t *testing.T) {
	t.Parallel()
	g := apigwtest.NewGateway(t)
	g.Open(conn)
	m := connect(g)
	if err := m.Post(t.Context(), conn, []byte(strings.Repeat("x", wire.MaxMessage))); err != nil {
		t.Errorf("a message of 32 KB: %v", err)
	}
	err := m.Post(t.Context(), conn, []byte(strings.Repeat("x", wire.MaxMessage+1)))
	if chat.CodeOf(err) != chat.CodeTooLarge || !g.IsOpen(conn) {
		t.Errorf("a larger message: %v, want too_large and the connection open", err)
	}
}

// What AWS answers on GET is what tests ask the gateway for.
func TestGateway_get(t *testing.T) {
	t.Parallel()
	g := apigwtest.NewGateway(t)
	g.Open(conn)
	for _, want := range []int{http.StatusOK, http.StatusGone} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.URL()+"/@connections/"+string(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := g.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != want {
			t.Errorf("status %d, want %d", answer.StatusCode, want)
		}
		g.Vanish(conn)
	}
}
