package session_test

import (
	"testing"

	"github.com/maru-chat/maru/internal/session"
)

func TestSender(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.7:5000":          "192.0.2.7",
		"192.0.2.7":               "192.0.2.7",
		"[2001:db8:1:2:3::4]:500": "2001:db8:1:2::/64",
		"2001:db8:1:2:5::6":       "2001:db8:1:2::/64",
		"[::ffff:192.0.2.7]:5000": "192.0.2.7",
		"[fe80::1%eth0]:5000":     "fe80::/64",
		"pipe":                    "pipe",
	} {
		if got := session.Sender(remote); got != want {
			t.Errorf("Sender(%q) = %q, want %q", remote, got, want)
		}
	}
}
