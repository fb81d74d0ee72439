package wsserver

import (
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Limits bound how many connections may be open at once. Zero means no bound.
type Limits struct {
	// PerUser bounds the connections of a user who signed in. One more replaces
	// the least used one: refusing it would shut out the page that the user looks
	// at now.
	PerUser int
	// PerAddress bounds all connections of an address. One more is refused.
	PerAddress int
}

// crowdedWait is how long a client that was refused is asked to wait.
const crowdedWait = 30 * time.Second

var errCrowded = &chat.Error{
	Code: chat.CodeRateLimited, Msg: "too many connections from this address: close some, or try again later",
	RetryAfter: crowdedWait,
}

// The methods below are called with the hub's lock held.

// isCrowded reports whether the address has as many connections as it may have.
func (h *Hub) isCrowded(address string) bool {
	return h.limits.PerAddress > 0 && h.addresses[address] >= h.limits.PerAddress
}

// count adds n to the number of connections of an address.
func (h *Hub) count(address string, n int) {
	if h.addresses[address] += n; h.addresses[address] == 0 {
		delete(h.addresses, address)
	}
}

// spare returns the connection that one more connection of the user replaces: a
// hidden page before a visible one, then the one that was quiet for longest. It is
// nil while the user is below the limit, and for classic users: anybody may claim
// to be one, and must not close the connections of others.
func (h *Hub) spare(user chat.UserID) *connection {
	if h.limits.PerUser == 0 || user.IsClassic() {
		return nil
	}
	open := 0
	var chosen *connection
	for _, c := range h.users[user] {
		if c.isParting.Load() {
			continue
		}
		open++
		if chosen == nil || c.isMissedLess(chosen) {
			chosen = c
		}
	}
	if open < h.limits.PerUser {
		return nil
	}
	return chosen
}

func (c *connection) isMissedLess(other *connection) bool {
	if isHidden := c.isHidden.Load(); isHidden != other.isHidden.Load() {
		return isHidden
	}
	return c.heard.Load() < other.heard.Load()
}

// makeWay closes a connection as if it were idle: its page connects again when
// somebody looks at it.
func (c *connection) makeWay() {
	if c != nil {
		c.part(wire.ReasonIdle)
	}
}
