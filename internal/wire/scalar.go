package wire

import (
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// Cursor is a place in a room's log, written "seq.tag", or "0" for the place
// before entry 1. Clients keep it whole and compare the seq alone.
type Cursor chat.Cursor

// MarshalText writes the cursor as [chat.Cursor.String] does.
func (c Cursor) MarshalText() ([]byte, error) { return []byte(chat.Cursor(c).String()), nil }

// UnmarshalText reads what MarshalText writes; anything else is CodeInvalid.
func (c *Cursor) UnmarshalText(text []byte) error {
	parsed, err := chat.ParseCursor(string(text))
	*c = Cursor(parsed)
	return err
}

// Millis is a moment: whole milliseconds since 1970-01-01 UTC.
type Millis int64

// MillisOf returns the moment t, cut to the millisecond.
func MillisOf(t time.Time) Millis { return Millis(t.UnixMilli()) }

// Time returns the moment in UTC.
func (m Millis) Time() time.Time { return time.UnixMilli(int64(m)).UTC() }
